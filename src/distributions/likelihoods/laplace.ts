/**
 * Laplace: ln p(x | z) = -|x - μ| / b - ln 2b, with μ = `decoder.mean` and b as in `scale.ts`.
 *
 * |x - μ| = relu(x - μ) + relu(μ - x), which has derivative 0 at 0.
 */
import { openUniform } from "../../core/random/draws.ts";
import { portableExp, portableLog } from "../../core/portable.ts";
import { requireChoice, requireObject } from "../../core/validate.ts";
import { ANY_NUMBER, type Definition, eachColumn, head } from "./definition.ts";
import type { LaplaceOptions } from "./options.ts";
import { negative } from "../../ops/shorthand.ts";
import { logScale, parseScale } from "./scale.ts";

export const laplace: Definition<LaplaceOptions> = {
  title: "Laplace",

  parse(field, value) {
    const fields = requireObject(field, value, ["type", "scale", "minScale"]);
    const type = requireChoice(`${field}.type`, fields.type, ["laplace"]);
    return { type, ...parseScale(field, fields) };
  },

  build(site, spec) {
    const { g } = site.scope;
    const mean = head(site, "mean");
    const scale = logScale(site, spec);
    return {
      mean,
      parameters: { mean, logScale: scale },
      logProb(x) {
        const above = g.activation(g.sub(x, mean), { kind: "relu" });
        const below = g.activation(g.sub(mean, x), { kind: "relu" });
        const inverse = g.exp(negative(g, scale));
        const cost = g.add(g.mul(g.add(above, below), inverse), scale);
        return g.affine(cost, { scale: -1, offset: -Math.LN2 });
      },
    };
  },

  data: ANY_NUMBER,
  standardizes: true,
  draw: eachColumn((read, random) => {
    const u = openUniform(random) - 0.5;
    const distance = -portableLog(1 - 2 * Math.abs(u)) * portableExp(read("logScale"));
    return read("mean") + (u < 0 ? -distance : distance);
  }),
};
