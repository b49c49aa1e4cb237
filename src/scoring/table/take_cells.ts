/** Selects cells of a table. It uses loops, because `from` and `filter` take many times as long on a million cells. */
import { type Cells, takeColumn } from "./cells.ts";

/** The rows at these indices, in this order. */
export function takeCells({ data }: Cells, columns: number, rows: ArrayLike<number>): Cells {
  const taken = new Float64Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    taken.set(data.subarray(rows[i] * columns, (rows[i] + 1) * columns), i * columns);
  }
  return { data: taken, rows: rows.length };
}

/** The values for which a predicate holds, in order. */
export function filterValues(values: Float64Array, is: (value: number) => boolean): Float64Array {
  const taken = new Float64Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) if (is(values[i])) taken[count++] = values[i];
  return taken.subarray(0, count);
}

/** The values that are not missing, in order. */
export function observedValues(values: Float64Array): Float64Array {
  return filterValues(values, (value) => value === value);
}

/** The observed cells of a column, ascending. */
export function sortedValues(cells: Cells, columns: number, c: number): Float64Array {
  return observedValues(takeColumn(cells, columns, c)).sort();
}
