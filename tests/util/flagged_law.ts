/**
 * How many of m fresh rows are flagged at a threshold that n calibration rows set, if all are exchangeable and no two
 * scores are equal: beta-binomial with k = ⌊α (n + 1)⌋ and n + 1 - k (Vovk, 2012), computed by the ratio of its terms.
 */
import { logGamma } from "../../src/core/probability/incomplete_beta.ts";

/** The probability of four standard errors of a normal mean. */
const OUTSIDE = 6e-5;

/** P(flagged = 0 … m). */
export function flaggedLaw(n: number, alpha: number, m: number): Float64Array {
  const k = Math.floor(alpha * (n + 1) + 1e-9), rest = n + 1 - k;
  const logBeta = (a: number, b: number) => logGamma(a) + logGamma(b) - logGamma(a + b);
  let chance = Math.exp(logBeta(k, rest + m) - logBeta(k, rest));
  return Float64Array.from({ length: m + 1 }, (_, j) => {
    const own = chance;
    chance *= (m - j) * (j + k) / ((j + 1) * (m - j - 1 + rest));
    return own;
  });
}

/** The range of numbers of flagged rows that has a probability of `outside` / 2 on either side. */
export function flaggedBounds(
  n: number,
  alpha: number,
  m: number,
  outside = OUTSIDE,
): [low: number, high: number] {
  const law = flaggedLaw(n, alpha, m);
  let low = 0, high = m;
  for (let sum = law[0]; sum < outside / 2; sum += law[low]) low++;
  for (let sum = law[m]; sum < outside / 2; sum += law[high]) high--;
  return [low, high];
}
