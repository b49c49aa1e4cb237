/**
 * Gaussian: ln p(x | z) = -½ (ln 2π + ln σ² + (x - μ)² / σ²), with μ = `decoder.mean` and σ² as in `variance.ts`, or
 * "optimal".
 *
 * "optimal" is the σ-VAE of Rybkin, Daniilidis and Levine, "Simple and effective VAE training with calibrated
 * decoders", 2021. In a training step, σ² is the mean squared error of the batch over its rows, draws and columns. A
 * row then costs D/2 (ln 2π + ln MSE + 1), and no step size limits how fast σ² falls. Everywhere else σ² is the
 * parameter `likelihood.logVar`, which training sets after each epoch to the log of the mean squared error over the
 * training rows (`training/optimal_variance.ts`).
 */
import { normal } from "../../core/random/draws.ts";
import { portableExp } from "../../core/portable.ts";
import { MAX_VARIANCE } from "../../core/stable.ts";
import { requireChoice, requireObject } from "../../core/validate.ts";
import { meanOfRows } from "../../layers/means.ts";
import { scaled } from "../../ops/shorthand.ts";
import type { Node } from "../../ops/spec.ts";
import {
  ANY_NUMBER,
  type Conditional,
  type Definition,
  eachColumn,
  head,
  LEARNED,
  repeatForDraws,
  type Site,
} from "./definition.ts";
import type { GaussianOptions } from "./options.ts";
import { logVariance, parseVariance } from "./variance.ts";

export const gaussian: Definition<GaussianOptions> = {
  title: "Gaussian",

  parse(field, value) {
    const fields = requireObject(field, value, ["type", "variance", "minVariance"]);
    const type = requireChoice(`${field}.type`, fields.type, ["gaussian"]);
    return { type, ...parseVariance(field, fields, [...LEARNED, "perRow", "optimal"] as const) };
  },

  build(site, { variance, minVariance }) {
    const { g, training } = site.scope;
    const mean = head(site, "mean");
    if (variance === "optimal" && training) return withBatchVariance(site, mean, minVariance);
    const logVar = logVariance(site, variance === "optimal" ? "shared" : variance, minVariance);
    return {
      mean,
      parameters: { mean, logVar },
      logProb: (x) => g.gaussianLogProb(x, mean, logVar),
    };
  },

  data: ANY_NUMBER,
  standardizes: true,
  draw: eachColumn((read, random) =>
    read("mean") + portableExp(read("logVar") / 2) * normal(random)
  ),
};

function withBatchVariance(
  { scope: { g }, columns, observed }: Site,
  mean: Node,
  min: number,
): Conditional {
  return {
    mean,
    parameters: {},
    logProb(x) {
      const residual = g.sub(x, mean), squares = g.mul(residual, residual);
      const mask = observed && repeatForDraws(g, observed, x);
      const total = meanOfRows(g, mask ? g.mul(mask, squares) : squares);
      const variance = mask
        // In a batch without any observed cell the sum is 0 too; the clamp below handles it.
        ? g.div(total, g.clamp(meanOfRows(g, mask), { low: 1e-6, high: columns }))
        : scaled(g, total, 1 / columns);
      // Clamped before the logarithm: clamped after it, a perfect fit would have the gradient 0 · ∞.
      const clamped = g.clamp(variance, { low: min, high: MAX_VARIANCE });
      return g.gaussianLogProb(x, mean, g.log(clamped));
    },
  };
}
