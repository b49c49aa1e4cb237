/** The cells of a table, passed between the steps of scoring. */

/** A table of float64 cells, row-major. */
export interface Cells {
  /** Values; NaN for a missing cell. */
  readonly data: Float64Array;
  /** Rows. */
  readonly rows: number;
}

/** The cells of one column. A loop, because `from` takes many times as long on a million cells. */
export function takeColumn({ data, rows }: Cells, columns: number, c: number): Float64Array {
  const taken = new Float64Array(rows);
  for (let r = 0; r < rows; r++) taken[r] = data[r * columns + c];
  return taken;
}
