/** Some rows of a table. */
import type { Cells } from "../scoring/table/cells.ts";

/** The rows at these places, in this order. */
export function takeCells({ data }: Cells, columns: number, rows: ArrayLike<number>): Cells {
  const taken = new Float64Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    taken.set(data.subarray(rows[i] * columns, (rows[i] + 1) * columns), i * columns);
  }
  return { data: taken, rows: rows.length };
}
