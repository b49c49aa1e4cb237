/**
 * Matrix products as operations; formulas in src/ops/linear.ts. Sums run over k in ascending order,
 * in blocks of at most 256 (matmul/product.ts): error at most (inner + 4) · 2^-24 · Σ|terms|.
 */
import { ACTIVATION_IDENTITY, ACTIVATION_RELU } from "./opcodes.gen";
import { activation } from "./elementwise";
import { product } from "./matmul/product";
import { sweepRows } from "./matmul/rows";

export { packWeights } from "./matmul/panels";

/** out [rows, cols] = f(x [rows, inner] · weight [inner, cols] + bias [1, cols]). */
export function dense(
  out: usize,
  rows: i32,
  cols: i32,
  x: usize,
  inner: i32,
  weight: usize,
  bias: usize,
  kind: i32,
): void {
  product(out, rows, cols, inner, x, inner, 1, weight, 1, cols, bias, kind == ACTIVATION_RELU);
  bend(out, rows * cols, kind);
}

/** `dense` of few rows, with weights as `packWeights` wrote them. */
export function packedDense(
  out: usize,
  rows: i32,
  cols: i32,
  x: usize,
  inner: i32,
  weight: usize,
  bias: usize,
  kind: i32,
  format: i32,
): void {
  const relu = kind == ACTIVATION_RELU;
  sweepRows(out, rows, cols, inner, x, inner, 1, weight, 0, format, bias, relu);
  bend(out, rows * cols, kind);
}

/** Applies what the product has not: a pass of its own keeps the function's constants at hand. */
function bend(out: usize, count: i32, kind: i32): void {
  if (kind != ACTIVATION_IDENTITY && kind != ACTIVATION_RELU) activation(out, out, count, kind);
}

/** out [rows, cols] = op(a) · op(b), op the transpose where the flag is not zero. */
export function matmul(
  out: usize,
  rows: i32,
  cols: i32,
  inner: i32,
  a: usize,
  transposeA: i32,
  b: usize,
  transposeB: i32,
): void {
  const aLine = transposeA ? 1 : inner, aStep = transposeA ? rows : 1;
  const bLine = transposeB ? inner : 1, bStep = transposeB ? 1 : cols;
  product(out, rows, cols, inner, a, aLine, aStep, b, bLine, bStep, 0, false);
}
