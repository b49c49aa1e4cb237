/**
 * Poisson, for counts: ln p(x | z) = x l - e^l - ln x!, with l = ln λ = `decoder.logRate`, within [-30, 20], and ln x!
 * = f(1, x) from `ops/gamma.ts`.
 *
 * Float32 keeps seven digits of each term, so near x = 1e6 the sum is off by about one nat.
 */
import { poisson as drawPoisson } from "../../core/random/draws.ts";
import { requireChoice, requireObject } from "../../core/validate.ts";
import { COUNTS, type Definition, eachColumn, head } from "./definition.ts";
import type { PoissonOptions } from "./options.ts";

/** Limits of the log mean of a count: e²⁰ is 29 times the largest count. */
export const LOG_RATE = { low: -30, high: 20 } as const;

export const poisson: Definition<PoissonOptions> = {
  title: "Poisson",

  parse(field, value) {
    const { type } = requireObject(field, value, ["type"]);
    return { type: requireChoice(`${field}.type`, type, ["poisson"]) };
  },

  build(site) {
    const { g } = site.scope;
    const logRate = g.clamp(head(site, "logRate"), LOG_RATE);
    const mean = g.exp(logRate);
    return {
      mean,
      parameters: { mean },
      logProb: (x) => g.sub(g.sub(g.mul(x, logRate), mean), g.logGammaRatio(g.constant(1), x)),
    };
  },

  data: COUNTS,
  standardizes: false,
  draw: eachColumn((read, random) => drawPoisson(random, read("mean"))),
};
