/** Some cells of a table. Loops, since a million cells through `from` and `filter` take many times as long. */
import type { Cells } from "../scoring/table/cells.ts";

/** The rows at these places, in this order. */
export function takeCells({ data }: Cells, columns: number, rows: ArrayLike<number>): Cells {
  const taken = new Float64Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    taken.set(data.subarray(rows[i] * columns, (rows[i] + 1) * columns), i * columns);
  }
  return { data: taken, rows: rows.length };
}

/** The cells of one column. */
export function takeColumn({ data, rows }: Cells, columns: number, c: number): Float64Array {
  const taken = new Float64Array(rows);
  for (let r = 0; r < rows; r++) taken[r] = data[r * columns + c];
  return taken;
}

/** Those of the values that are as asked for, in their order. */
export function those(values: Float64Array, is: (value: number) => boolean): Float64Array {
  const taken = new Float64Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) if (is(values[i])) taken[count++] = values[i];
  return taken.subarray(0, count);
}
