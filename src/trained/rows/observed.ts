/** Missing cells: a mask at the end of each row marks the observed cells of x. */
import { placeholders } from "../../distributions/likelihood.ts";
import type { ModelSpec } from "../../models/spec.ts";
import type { Matrix } from "./matrix.ts";

/**
 * Converts `[x | c]`, with NaN for missing cells, to `[x | c | observed]`: the mask is 1 for observed cells of x and 0
 * for missing ones, which are replaced by a number that the likelihood allows. Rows are unchanged if the model does not
 * accept missing cells.
 */
export function withObserved({ inputs, likelihood, missing }: ModelSpec, rows: Matrix): Matrix {
  if (!missing) return rows;
  const [count, width] = rows.shape, widthWithMask = width + inputs;
  const data = new Float32Array(count * widthWithMask), fill = placeholders(likelihood, inputs);
  for (let r = 0; r < count; r++) {
    const row = data.subarray(r * widthWithMask, (r + 1) * widthWithMask);
    row.set(rows.data.subarray(r * width, (r + 1) * width));
    markObserved(row, fill);
  }
  return { data, shape: [count, widthWithMask] };
}

/** Writes the mask at the end of one row, and replaces its missing cells. */
export function markObserved(row: Float32Array | Float64Array, fill: Float32Array): void {
  const inputs = fill.length, mask = row.length - inputs;
  for (let c = 0; c < inputs; c++) {
    const isObserved = !Number.isNaN(row[c]);
    row[mask + c] = isObserved ? 1 : 0;
    if (!isObserved) row[c] = fill[c];
  }
}

/** Sets cells of a program's output to NaN, in place, where `rows`, as `toRows` returns them, are missing. */
export function whereObserved(cells: Matrix, { data, shape: [, width] }: Matrix): Matrix {
  const [rows, columns] = cells.shape;
  for (let r = 0; r < rows; r++) {
    const mask = (r + 1) * width - columns;
    for (let c = 0; c < columns; c++) {
      if (data[mask + c] === 0) cells.data[r * columns + c] = NaN;
    }
  }
  return cells;
}
