/** Means with standard errors, for Monte Carlo tests. */

/**
 * The number of standard errors that counts as too far. Seeds are fixed, so a test does not fail by chance later; if
 * errors are normal, a correct program fails for a new seed with a probability of 6e-5 per number at 4.
 */
export const STANDARD_ERRORS = 4;

export interface Estimate {
  readonly mean: number;
  /** Standard deviation of the mean. */
  readonly standardError: number;
}

export function estimate(values: ArrayLike<number>): Estimate {
  const list = Array.from(values), count = list.length;
  const mean = list.reduce((sum, value) => sum + value, 0) / count;
  const squares = list.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / (count - 1) / count) };
}
