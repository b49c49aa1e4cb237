/**
 * A reference kernel's view of memory, a row-major float64 matrix, and the loop over broadcast elements. Everything is
 * a textbook loop: this backend is the oracle for the others and shares no code with them.
 */
import type { OpName } from "../../../ops/names.ts";
import type { OpAttrs, OpInputs } from "../../../ops/signatures.ts";

/** `rows` × `cols` elements of `data`, from `offset`; `rows` is set for each run. */
export interface View {
  readonly data: Float64Array;
  readonly offset: number;
  readonly cols: number;
  rows: number;
}

/** Computes `out` from `inputs`. */
export type Kernel<N extends OpName> = (
  out: View,
  inputs: Views<OpInputs<N>>,
  attrs: OpAttrs<N>,
) => void;

type Views<T extends readonly unknown[]> = { readonly [I in keyof T]: View };

/** Element (row, col); a matrix with one row or one column broadcasts. */
export function at(view: View, row: number, col: number): number {
  const { data, offset, rows, cols } = view;
  return data[offset + (rows === 1 ? 0 : row) * cols + (cols === 1 ? 0 : col)];
}

/** Sets element (row, col). */
export function put(view: View, row: number, col: number, value: number): void {
  view.data[view.offset + row * view.cols + col] = value;
}

/** The number of elements of a view. */
export function size(view: View): number {
  return view.rows * view.cols;
}

/** Sets every element of `out` to `value(row, col)`. */
export function fill(out: View, value: (row: number, col: number) => number): void {
  for (let row = 0; row < out.rows; row++) {
    for (let col = 0; col < out.cols; col++) put(out, row, col, value(row, col));
  }
}

/**
 * out = f(a, b, …) for each element. `out` may overlap an operand of the same size, because an element's operands are
 * all read before it is written.
 */
export function elementwise(
  out: View,
  operands: readonly [View, View?, View?, View?],
  f: (a: number, b: number, c: number, d: number) => number,
): void {
  const [a, b = a, c = a, d = a] = operands;
  fill(out, (row, col) => f(at(a, row, col), at(b, row, col), at(c, row, col), at(d, row, col)));
}

/** Σ term(i) for i from 0 to count - 1, in this order. */
export function sum(count: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}
