/**
 * Negative binomial, for counts with mean μ and variance μ + μ²/r. l = ln μ = `decoder.logMean`, within [-30, 20]; ρ =
 * ln r, from a fixed r or the parameter `likelihood.logDispersion`:
 *
 *   ln p(x | z) = f(r, x) - ln x! + x l - (x + r) softplus(l - ρ),   ln x! = f(1, x)
 *
 * with f from `ops/gamma.ts`. As r → ∞, f(r, x) vanishes and the last term tends to μ, which gives the Poisson
 * distribution. Equivalently, x is Poisson with a rate drawn from a gamma distribution of shape r and mean μ.
 *
 * Float32 keeps seven digits of each term, as in `poisson.ts`: near x = 50,000 the sum is off by up to 0.08 nats.
 */
import { gamma, poisson } from "../../core/random/draws.ts";
import { portableExp } from "../../core/portable.ts";
import { requireChoice, requireObject } from "../../core/validate.ts";
import {
  COUNTS,
  type Definition,
  eachColumn,
  head,
  LEARNED,
  logQuantity,
  logRange,
  parseQuantity,
} from "./definition.ts";
import type { NegativeBinomialOptions } from "./options.ts";
import { LOG_RATE } from "./poisson.ts";

const DISPERSION = { min: 1e-4, max: 1e6 } as const;

export const negativeBinomial: Definition<NegativeBinomialOptions> = {
  title: "negative binomial",

  parse(field, value) {
    const { type, dispersion = "perFeature" } = requireObject(field, value, ["type", "dispersion"]);
    return {
      type: requireChoice(`${field}.type`, type, ["negativeBinomial"]),
      dispersion: parseQuantity(`${field}.dispersion`, dispersion, DISPERSION, LEARNED),
    };
  },

  build(site, { dispersion }) {
    const { g } = site.scope;
    const logMean = g.clamp(head(site, "logMean"), LOG_RATE);
    const logDispersion = logQuantity(site, "logDispersion", dispersion, logRange(DISPERSION));
    return {
      get mean() {
        return g.exp(logMean);
      },
      get parameters() {
        return { mean: this.mean, logDispersion };
      },
      logProb(x) {
        const r = g.exp(logDispersion);
        const odds = g.activation(g.sub(logMean, logDispersion), { kind: "softplus" });
        const logCoefficient = g.sub(g.logGammaRatio(r, x), g.logGammaRatio(g.constant(1), x));
        return g.add(logCoefficient, g.sub(g.mul(x, logMean), g.mul(g.add(x, r), odds)));
      },
    };
  },

  data: COUNTS,
  standardizes: false,
  draw: eachColumn((read, random) => {
    const r = portableExp(read("logDispersion"));
    return poisson(random, gamma(random, r) * read("mean") / r);
  }),
};
