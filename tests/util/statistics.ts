/** Means with standard errors and chi-squared, for Monte Carlo tests; ln N; quantiles of a Beta distribution. */
import { incompleteBeta } from "../../src/core/probability/incomplete_beta.ts";

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

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

export function estimate(values: ArrayLike<number>): Estimate {
  const centre = mean(values), count = values.length;
  const squares = Array.from(values).reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return { mean: centre, standardError: Math.sqrt(squares / (count - 1) / count) };
}

/** The x at which I_x(a, b) = p, by bisection. */
export function betaQuantile(p: number, a: number, b: number): number {
  let low = 0, high = 1;
  for (let i = 0; i < 100 && low < high; i++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return high;
}

/** Σ (count - expected)² / expected. */
export function chiSquared(counts: readonly number[], expected: number): number {
  return counts.reduce((total, count) => total + (count - expected) ** 2 / expected, 0);
}

/** ln N(x; mean, e^logVar), nats. */
export function logNormal(x: number, mean: number, logVar: number): number {
  return -0.5 * (Math.log(2 * Math.PI) + logVar + (x - mean) ** 2 / Math.exp(logVar));
}
