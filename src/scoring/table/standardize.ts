/**
 * Column preprocessing: x ↦ (x - centre) / scale, in float64, clipped to ±LIMIT. Columns whose likelihood does not
 * accept all numbers (counts, probabilities) are unchanged and not clipped.
 *
 * The limit keeps all later float32 numbers finite: a cell of 1e30 in a column of unit scale counts as a million
 * standard deviations.
 */
import { portableLog } from "../../core/portable.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { Cells } from "./cells.ts";

/** Number of standard deviations at which values are clipped. */
export const LIMIT = 1e6;

/** Centre and scale of each column. */
export interface Standardization {
  /** Means of the observed cells. */
  readonly centre: Float64Array;
  /** Their population standard deviations; 1 for a constant column. */
  readonly scale: Float64Array;
  /** The largest magnitude of a standardised value: 1e6, or Infinity for columns that are not standardised. */
  readonly limit: Float64Array;
}

/**
 * Means and standard deviations of the columns, accurate even for small spreads around large values.
 * @param fixed for each column, whether it is not standardised; by default all are
 */
export function standardizationOf(
  { data, rows }: Cells,
  columns: number,
  fixed: readonly unknown[] = [],
): Standardization {
  const centre = new Float64Array(columns), scale = new Float64Array(columns);
  const each = (visit: (value: number, c: number) => void) => {
    for (let i = 0; i < data.length; i++) if (!Number.isNaN(data[i])) visit(data[i], i % columns);
  };
  const counts = new Float64Array(columns).fill(rows);
  data.forEach((value, i) => Number.isNaN(value) && counts[i % columns]--);
  each((value, c) => centre[c] += value / counts[c]);
  // Summing large values loses their last digits; summing the remainders recovers them.
  const remainder = new Float64Array(columns);
  each((value, c) => remainder[c] += (value - centre[c]) / counts[c]);
  remainder.forEach((mean, c) => centre[c] += mean);
  each((value, c) => scale[c] += ((value - centre[c]) ** 2) / counts[c]);
  return {
    centre: centre.map((mean, c) => fixed[c] ? 0 : mean),
    scale: scale.map((variance, c) => fixed[c] ? 1 : Math.sqrt(variance) || 1),
    limit: limits(columns, fixed),
  };
}

/** The limits of columns, some of which are not standardised. */
export function limits(columns: number, fixed: readonly unknown[]): Float64Array {
  return Float64Array.from({ length: columns }, (_, c) => fixed[c] ? Infinity : LIMIT);
}

/** One standardised value. */
export function standardizeValue(
  value: number,
  { centre, scale, limit }: Standardization,
  c: number,
): number {
  return Math.min(limit[c], Math.max(-limit[c], (value - centre[c]) / scale[c]));
}

export function standardize({ data, rows }: Cells, standardization: Standardization): Matrix {
  const columns = standardization.centre.length;
  const standardized = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += columns) {
    for (let c = 0; c < columns; c++) {
      standardized[at + c] = standardizeValue(data[at + c], standardization, c);
    }
  }
  return { data: standardized, shape: [rows, columns] };
}

/** Converts standardised rows back to the units of the data, in float64, because a column may exceed float32. */
export function restore(
  { data, shape: [rows, columns] }: Matrix,
  { centre, scale }: Pick<Standardization, "centre" | "scale">,
): Cells {
  const restored = Float64Array.from(
    data,
    (value, i) => value * scale[i % columns] + centre[i % columns],
  );
  return { data: restored, rows };
}

/**
 * ln |d standardised / d data| = -Σ ln scale_d, nats. Added to the log-density of a standardised row, it gives that of
 * the row in the units of the data.
 */
export function logJacobian({ scale }: Standardization): number {
  return -scale.reduce((sum, each) => sum + portableLog(each), 0);
}
