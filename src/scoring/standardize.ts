/**
 * Column preprocessing: x ↦ (x - centre) / scale, in float64, limited to ±LIMIT.
 *
 * The limit keeps every later float32 number finite: a cell of 1e30 in a column of unit scale is a
 * million standard deviations out and counts as just that.
 */
import type { Matrix } from "./matrix.ts";

/** Standard deviations beyond which a value counts as this far. */
export const LIMIT = 1e6;

/** Centre and scale of each column. */
export interface Standardization {
  /** Means. */
  readonly centre: Float64Array;
  /** Population standard deviations; 1 for a constant column. */
  readonly scale: Float64Array;
}

/** A table of float64 cells, row-major. */
export interface Cells {
  /** Values. */
  readonly data: Float64Array;
  /** Rows. */
  readonly rows: number;
}

/** Means and standard deviations of the columns, right also for small spreads around large values. */
export function standardizationOf({ data, rows }: Cells, columns: number): Standardization {
  const centre = new Float64Array(columns), scale = new Float64Array(columns);
  const each = (visit: (value: number, c: number) => void) => {
    for (let i = 0; i < data.length; i++) visit(data[i], i % columns);
  };
  each((value, c) => centre[c] += value / rows);
  // The sum of large values has lost their last digits; the sum of what is left of them has not.
  const rest = new Float64Array(columns);
  each((value, c) => rest[c] += (value - centre[c]) / rows);
  rest.forEach((mean, c) => centre[c] += mean);
  each((value, c) => scale[c] += ((value - centre[c]) ** 2) / rows);
  return { centre, scale: scale.map((variance) => Math.sqrt(variance) || 1) };
}

/** No change: for likelihoods whose data are probabilities. */
export function identityStandardization(columns: number): Standardization {
  return { centre: new Float64Array(columns), scale: new Float64Array(columns).fill(1) };
}

/** One standardised value. */
export function standardizeValue(
  value: number,
  { centre, scale }: Standardization,
  c: number,
): number {
  return Math.min(LIMIT, Math.max(-LIMIT, (value - centre[c]) / scale[c]));
}

export function standardize({ data, rows }: Cells, standardization: Standardization): Matrix {
  const columns = standardization.centre.length;
  const standardized = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    standardized[i] = standardizeValue(data[i], standardization, i % columns);
  }
  return { data: standardized, shape: [rows, columns] };
}

/** Standardised rows back in the units of the data, in float64: a column may be beyond float32. */
export function restore(
  { data, shape: [rows, columns] }: Matrix,
  { centre, scale }: Standardization,
): Cells {
  const restored = Float64Array.from(
    data,
    (value, i) => value * scale[i % columns] + centre[i % columns],
  );
  return { data: restored, rows };
}

/**
 * ln |d standardised / d data| = -Σ ln scale_d, nats: added to the log-density of a standardised
 * row, it gives that of the row in the units of the data.
 */
export function logJacobian({ scale }: Standardization): number {
  return -scale.reduce((sum, each) => sum + Math.log(each), 0);
}
