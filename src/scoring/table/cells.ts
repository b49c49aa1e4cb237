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

/** Rows scored at once: all contributions of a long table would take as much memory as its cells. */
const BLOCK_ROWS = 8192;

/** A table in blocks of rows, and the number of rows before each. */
export function* rowBlocks(
  { data, rows }: Cells,
  columns: number,
): Generator<{ readonly first: number; readonly block: Cells }> {
  for (let first = 0; first < rows; first += BLOCK_ROWS) {
    const end = Math.min(rows, first + BLOCK_ROWS);
    const block = { data: data.subarray(first * columns, end * columns), rows: end - first };
    yield { first, block };
  }
}
