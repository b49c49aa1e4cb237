/** The cells of a table, passed between the steps of scoring. */

/** A table of float64 cells, row-major. */
export interface Cells {
  /** Values; NaN for a missing cell. */
  readonly data: Float64Array;
  /** Rows. */
  readonly rows: number;
}
