/**
 * Products of few rows, x · W: each weight is used once per row, so nothing is packed at run time. They go over the
 * rows of W, up to 32 columns at a time in 8 accumulators.
 *
 * Sums are in the order of `product.ts` (one chain per element over k, in the same blocks), so a row of `dense` has the
 * same bits alone as in a batch. W is a matrix, or in panels that were packed once for many runs (`panels.ts`). Panels
 * are read at ascending addresses, and give the same bits unless they are bf16.
 */
import { at, loadLanes } from "../memory";
import { madd } from "../simd/fma";
import { FORMAT_MATRIX } from "../opcodes.gen";
import { blockDepth } from "./block";
import { isHalved, panelBytes, stripeOf } from "./panels";
import { finish, sweep, sweepHalves } from "./stripe";

/**
 * @param wStep elements between the rows of W, if it is a matrix
 * @param format the format of W: `panels.ts`
 */
export function sweepRows(
  out: usize,
  outLine: i32,
  rows: i32,
  cols: i32,
  inner: i32,
  x: usize,
  xLine: i32,
  xStep: i32,
  w: usize,
  wStep: i32,
  format: i32,
  bias: usize,
  relu: bool,
): void {
  const step = blockDepth(inner);
  for (let j = 0; j < cols;) {
    const stripe = stripeOf(cols - j), halves = isHalved(format, stripe);
    const line = format == FORMAT_MATRIX ? <usize>wStep << 2 : panelBytes(1, stripe, halves);
    for (let k = 0; k < inner; k += step) {
      const depth = min(inner - k, step), last = k + depth == inner;
      const lastBias = last && bias ? at(bias, j) : 0, lastRelu = last && relu;
      const weights = w + <usize>k * line, add = k > 0;
      for (let i = 0; i < rows; i++) {
        const to = at(out, i * outLine + j), from = at(x, i * xLine + k * xStep);
        if (halves) sweepHalves(stripe, to, from, xStep, weights, depth, add, lastBias, lastRelu);
        else sweep(stripe, to, from, xStep, weights, line, depth, add, lastBias, lastRelu);
      }
    }
    w += format == FORMAT_MATRIX ? <usize>stripe << 2 : panelBytes(inner, stripe, halves);
    j += stripe;
  }
}
