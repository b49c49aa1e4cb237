/**
 * Matrix products as operations; formulas in src/ops/linear.ts. Sums run over k in ascending order, in blocks of at
 * most 800 (matmul/product.ts); the error is at most (inner + 4) · 2^-24 · Σ|terms|.
 */
import { ACTIVATION_IDENTITY, ACTIVATION_RELU } from "./opcodes.gen";
import { activation } from "./activation";
import { product } from "./matmul/product";
import { sweepRows } from "./matmul/rows";

export { packWeights } from "./matmul/panels";
export { packTiles, productSum } from "./matmul/product";

/**
 * out [rows, cols] = f(x [rows, inner] · weight [inner, cols] + bias [1, cols]).
 * @param line the columns of the whole matrices, if out and weight are `cols` adjacent columns of larger ones
 * @param tiles the weight as packed by `packTiles`; 0 for none
 */
export function dense(
  out: usize,
  rows: i32,
  cols: i32,
  x: usize,
  inner: i32,
  weight: usize,
  bias: usize,
  kind: i32,
  line: i32,
  tiles: usize,
): void {
  const relu = kind == ACTIVATION_RELU;
  product(out, line, rows, cols, inner, x, inner, 1, weight, 1, line, bias, relu, tiles);
  applyActivation(out, line, rows, cols, kind);
}

/** `dense` for few rows, with weights packed by `packWeights`. */
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
  sweepRows(out, cols, rows, cols, inner, x, inner, 1, weight, 0, format, bias, relu);
  applyActivation(out, cols, rows, cols, kind);
}

/**
 * Applies activations that the product has not applied, in a separate pass, which keeps the function's constants in
 * registers.
 */
function applyActivation(out: usize, line: i32, rows: i32, cols: i32, kind: i32): void {
  if (kind == ACTIVATION_IDENTITY || kind == ACTIVATION_RELU) return;
  if (line == cols) return activation(out, out, rows * cols, kind);
  for (let row = 0; row < rows; row++, out += <usize>line << 2) activation(out, out, cols, kind);
}

/**
 * out [rows, cols] = op(a) · op(b), where op transposes if the flag is not zero.
 * @param line, aCols, bCols the columns of the whole matrices that out, a and b are parts of
 * @param tiles b as packed by `packTiles`, if it is not transposed; 0 for none
 */
export function matmul(
  out: usize,
  rows: i32,
  cols: i32,
  inner: i32,
  a: usize,
  aCols: i32,
  transposeA: i32,
  b: usize,
  bCols: i32,
  transposeB: i32,
  line: i32,
  tiles: usize,
): void {
  const aLine = transposeA ? 1 : aCols, aStep = transposeA ? aCols : 1;
  const bLine = transposeB ? bCols : 1, bStep = transposeB ? 1 : bCols;
  product(out, line, rows, cols, inner, a, aLine, aStep, b, bLine, bStep, 0, false, tiles);
}
