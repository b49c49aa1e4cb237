/** Gathers rows of a data set. */
import type { Matrix } from "../../trained/rows/matrix.ts";

/** From this many columns on, a view and a bulk copy are faster than a loop. */
const MIN_COLUMNS_FOR_SET = 32;

/** Copies the rows `indices[first … first + count - 1]`, wrapping around, to the start of `into`. */
export function gatherRows(
  { data, shape: [, columns] }: Matrix,
  indices: Uint32Array,
  first: number,
  count: number,
  into: Float32Array | Float64Array,
): void {
  for (let r = 0; r < count; r++) {
    const from = indices[(first + r) % indices.length] * columns, to = r * columns;
    if (columns >= MIN_COLUMNS_FOR_SET) into.set(data.subarray(from, from + columns), to);
    else for (let c = 0; c < columns; c++) into[to + c] = data[from + c];
  }
}

/** The rows with the given indices, in that order, as a new matrix. */
export function takeRows(matrix: Matrix, indices: Uint32Array): Matrix {
  const columns = matrix.shape[1];
  const data = new Float32Array(indices.length * columns);
  gatherRows(matrix, indices, 0, indices.length, data);
  return { data, shape: [indices.length, columns] };
}
