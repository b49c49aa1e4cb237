/** Missing cells: a mask behind each row says which cells of x are there. */
import { placeholders } from "../../distributions/likelihood.ts";
import type { ModelSpec } from "../../models/spec.ts";
import type { Matrix } from "./matrix.ts";

/**
 * `[x | c | observed]` of `[x | c]` with NaN for what is missing: 1 for each cell of x that is there; else 0,
 * and a number that the likelihood takes in its place. Rows of a model that takes whole rows stay.
 */
export function withObserved({ inputs, likelihood, missing }: ModelSpec, rows: Matrix): Matrix {
  if (!missing) return rows;
  const [count, width] = rows.shape, wide = width + inputs;
  const data = new Float32Array(count * wide), fill = placeholders(likelihood, inputs);
  for (let r = 0; r < count; r++) {
    const row = data.subarray(r * wide, (r + 1) * wide);
    row.set(rows.data.subarray(r * width, (r + 1) * width));
    markObserved(row, fill);
  }
  return { data, shape: [count, wide] };
}

/** Fills in the mask behind one row, and what is missing in it. */
export function markObserved(row: Float32Array | Float64Array, fill: Float32Array): void {
  const inputs = fill.length, mask = row.length - inputs;
  for (let c = 0; c < inputs; c++) {
    const there = !Number.isNaN(row[c]);
    row[mask + c] = there ? 1 : 0;
    if (!there) row[c] = fill[c];
  }
}

/** What a program says of each cell, NaN where `rows`, as `toRows` gives them, lack it; in place. */
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
