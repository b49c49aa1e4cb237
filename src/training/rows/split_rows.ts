/** Splits rows for validation, and takes other parts of a matrix. */
import { permutation } from "../../core/random/permutation.ts";
import { STREAMS } from "../../core/random/streams.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import { takeRows } from "./minibatch.ts";

/** Holds out `fraction` of the rows, at least one, for validation; both parts keep the order of the rows. */
export function splitRows(
  data: Matrix,
  fraction: number,
  seed: number,
): { training: Matrix; validation: Matrix } {
  const [rows] = data.shape;
  if (rows < 2) {
    throw new RangeError("Cannot hold back validation rows: needs at least 2 rows");
  }
  const heldOut = Math.min(rows - 1, Math.max(1, Math.round(fraction * rows)));
  const order = permutation(rows, seed, 0, STREAMS.split);
  return {
    validation: takeRows(data, order.subarray(0, heldOut).sort()),
    training: takeRows(data, order.subarray(heldOut).sort()),
  };
}

/** The first rows, as a view. */
export function firstRows({ data, shape: [rows, columns] }: Matrix, max: number): Matrix {
  const count = Math.min(rows, max);
  return { data: data.subarray(0, count * columns), shape: [count, columns] };
}

export function copyOf({ data, shape }: Matrix): Matrix {
  return { data: data.slice(), shape };
}
