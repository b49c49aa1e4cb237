/** What Monte Carlo tests need: a mean with its standard error. */

/**
 * How many standard errors off is too far. Seeds are fixed, so a test never fails by chance later; a
 * right program fails when written with probability 6e-5 per number at 4, if errors are normal.
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
