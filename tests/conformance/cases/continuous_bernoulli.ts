/** The normaliser of the continuous Bernoulli, with a small relative error everywhere: 6 ULP promised, 8 allowed. */
import { type CaseGenerator, ulps } from "../case.ts";
import { elementwiseCases } from "../generate.ts";
import type { Domain } from "../values.ts";

/**
 * Both sides of every change of formula: 0, the end of the polynomial at 2, and where e^-|l| is negligible beside 1 or
 * 0.
 */
const LOGITS: Domain = {
  low: -8,
  high: 8,
  special: [
    0,
    -0,
    1e-30,
    -1e-30,
    1e-6,
    -1e-3,
    0.25,
    1.9999,
    2,
    -2.0001,
    18,
    -18,
    88,
    -104,
    1e4,
    NaN,
  ],
};

export const continuousBernoulliLogNorm: CaseGenerator<"continuousBernoulliLogNorm"> = () =>
  elementwiseCases({}, [LOGITS], ulps(8));

export const continuousBernoulliLogNormSlope: CaseGenerator<"continuousBernoulliLogNormSlope"> =
  () => elementwiseCases({}, [LOGITS], ulps(8));
