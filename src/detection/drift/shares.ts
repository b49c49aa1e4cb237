/**
 * Whether two shares differ: Fisher's exact test. Given the marked of both together, their number in the
 * second sample is hypergeometric; the p-value is twice the smaller tail, at most 1.
 *
 * Source: Fisher, 1922; doubled as in Yates, 1984.
 */
import { logGamma } from "../../core/incomplete_beta.ts";

/** Of a first sample `marked` of `n`, of a second one `other` of `m`. */
export function sharesPValue(marked: number, n: number, other: number, m: number): number {
  const total = marked + other;
  const chance = (k: number) =>
    Math.exp(logChoose(m, k) + logChoose(n, total - k) - logChoose(n + m, total));
  let below = 0, above = 0;
  for (let k = Math.max(0, total - n); k <= Math.min(m, total); k++) {
    if (k <= other) below += chance(k);
    if (k >= other) above += chance(k);
  }
  return Math.min(1, 2 * Math.min(below, above));
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}
