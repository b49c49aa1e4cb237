/**
 * Fisher's exact test of whether two shares differ. Given the total number of marked items, the number in the second
 * sample is hypergeometric; the p-value is twice the smaller tail, at most 1.
 *
 * Source: Fisher, 1922; doubled as in Yates, 1984.
 */
import { hypergeometricCdf } from "./hypergeometric.ts";

/** The p-value, for `marked` of `n` in the first sample and `other` of `m` in the second. */
export function fisherExactPValue(marked: number, n: number, other: number, m: number): number {
  const urn = { all: n + m, marked: m, drawn: marked + other };
  const below = hypergeometricCdf(urn, other);
  // As many items of the first sample or fewer: summed by itself, since 1 less a sum has no small values.
  const above = hypergeometricCdf({ ...urn, marked: n }, marked);
  return Math.min(1, 2 * Math.min(below, above));
}
