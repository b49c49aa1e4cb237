/**
 * Which rows of a batch to flag so that, on average, at most a share q of the flagged are normal.
 *
 *   p* = max { p_(k) : p_(k) ≤ k q / m };  flagged: p ≤ p*   (p_(1) ≤ … ≤ p_(m))
 *
 * Source: Benjamini and Hochberg, 1995. P-values from one set of calibration rows are not independent,
 * but positively dependent (PRDS), and the rate holds: Bates, Candès, Lei, Romano and Sesia, "Testing
 * for outliers with conformal p-values", Annals of Statistics 2023, theorem 2. It is a mean over
 * batches and calibration sets; what one batch holds may be more.
 */
import { requireNumber } from "../../core/validate.ts";
import { isWithin, RATE, roundedUp } from "./rates.ts";

/** What a batch comes to at a false-discovery rate. */
export interface Discoveries {
  /** Rows with a p-value at or below this are flagged; 0 if there are none. */
  readonly limit: number;
  /** Rows flagged. */
  readonly count: number;
}

/**
 * The limit for a batch of p-values.
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
 * The fewest rows of a batch that can be flagged at all: as many must share the finest p-value.
 * @param resolution the finest p-value, 1 / (calibration rows + 1)
 */
export function fewestDiscoveries(rows: number, q: number, resolution: number): number {
  return Math.max(1, roundedUp(rows * resolution / q));
}
