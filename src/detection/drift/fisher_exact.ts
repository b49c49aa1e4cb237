/**
 * Fisher's exact test of whether two shares differ. Given the total number of marked items, the number in the second
 * sample is hypergeometric; the p-value is twice the smaller tail, at most 1.
 *
 * Source: Fisher, 1922; doubled as in Yates, 1984.
 */
import { hypergeometric, hypergeometricRange } from "../../core/probability/hypergeometric.ts";

/** The p-value, for `marked` of `n` in the first sample and `other` of `m` in the second. */
export function fisherExactPValue(marked: number, n: number, other: number, m: number): number {
  const urn = { all: n + m, marked: m, drawn: marked + other };
  const [min, max] = hypergeometricRange(urn);
  let below = 0, above = 0;
  for (let k = min; k <= max; k++) {
    const probability = hypergeometric(urn, k);
    if (k <= other) below += probability;
    if (k >= other) above += probability;
  }
  return Math.min(1, 2 * Math.min(below, above));
}
