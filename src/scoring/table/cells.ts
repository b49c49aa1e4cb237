/** The cells of a table, as one step of scoring hands them to the next. */

/** A table of float64 cells, row-major. */
export interface Cells {
  /** Values; NaN where one is missing. */
  readonly data: Float64Array;
  /** Rows. */
  readonly rows: number;
}
