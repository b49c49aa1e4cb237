/**
 * The Benjamini-Hochberg procedure: flags rows of a batch so that at most a share q of them is normal, on average.
 *
 *   p* = max { p_(k) : p_(k) ≤ k q / m };  flagged: p ≤ p*   (p_(1) ≤ … ≤ p_(m))
 *
 * Source: Benjamini and Hochberg, 1995. P-values from one set of calibration rows are not independent but positively
 * dependent (PRDS), so the rate holds: Bates, Candès, Lei, Romano and Sesia, "Testing for outliers with conformal
 * p-values", Annals of Statistics 2023, theorem 2. The rate is a mean over batches and calibration sets; a single
 * batch may exceed it.
 */
import { requireNumber } from "../../core/validate.ts";
import { isWithin, RATE, roundedUp } from "./rates.ts";

/** The outcome of the procedure on a batch. */
export interface Discoveries {
  /** Rows with a p-value at or below this are flagged; 0 if there are none. */
  readonly limit: number;
  /** Number of rows flagged. */
  readonly count: number;
}

/**
 * Finds the p-value limit for a batch.
 * @throws RangeError unless 0 < q < 1
 */
export function discover(pValues: Float64Array, q: number): Discoveries {
  requireNumber("fdr", q, RATE);
  const sorted = pValues.slice().sort();
  const rows = sorted.length;
  for (let k = rows; k > 0; k--) {
    if (isWithin(sorted[k - 1], k * q / rows)) return { limit: sorted[k - 1], count: k };
  }
  return { limit: 0, count: 0 };
}

/**
 * The smallest number of rows of a batch that can be flagged at all: that many must share the smallest p-value.
 * @param resolution the smallest p-value, 1 / (calibration rows + 1)
 */
export function minDiscoveries(rows: number, q: number, resolution: number): number {
  return Math.max(1, roundedUp(rows * resolution / q));
}
