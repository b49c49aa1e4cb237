/**
 * Products of few rows: each weight is used once per row, so nothing is packed at run time.
 *
 *   sweepRows  x · W   over the rows of W, up to 32 columns at a time in 8 accumulators
 *   dotRows    x · Wᵀ  as dot products, 4 rows of Wᵀ at a time
 *
 * sweepRows sums in the order of `product.ts` (one chain per element over k, in the same blocks), so a row of `dense`
 * has the same bits alone as in a batch. W is a matrix, or in panels that were packed once for many runs (`panels.ts`).
 * Panels are read at ascending addresses, and give the same bits unless they are bf16.
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

export function dotRows(
  out: usize,
  outLine: i32,
  rows: i32,
  cols: i32,
  inner: i32,
  x: usize,
  xLine: i32,
  w: usize,
  wLine: i32,
  bias: usize,
  relu: bool,
): void {
  for (let j = 0; j < cols; j += 4) {
    const lanes = min(cols - j, 4);
    for (let i = 0; i < rows; i++) {
      const sums = dots4(at(x, i * xLine), at(w, j * wLine), wLine, lanes, inner);
      finish(at(out, i * outLine + j), sums, lanes, false, bias ? at(bias, j) : 0, relu);
    }
  }
}

/** x · w for `lanes` lines of w, with two accumulators each, then a 4 × 4 transpose and three sums. */
function dots4(x: usize, w0: usize, wLine: i32, lanes: i32, inner: i32): v128 {
  // A missing line repeats the first: its lane is not stored.
  const w1 = lanes > 1 ? at(w0, wLine) : w0;
  const w2 = lanes > 2 ? at(w0, 2 * wLine) : w0;
  const w3 = lanes > 3 ? at(w0, 3 * wLine) : w0;
  const zero = f32x4.splat(0);
  let s0 = zero, s1 = zero, s2 = zero, s3 = zero, t0 = zero, t1 = zero, t2 = zero, t3 = zero;
  let k = 0;
  for (; k <= inner - 8; k += 8) {
    const left = v128.load(at(x, k)), right = v128.load(at(x, k), 16);
    s0 = madd(left, v128.load(at(w0, k)), s0);
    t0 = madd(right, v128.load(at(w0, k), 16), t0);
    s1 = madd(left, v128.load(at(w1, k)), s1);
    t1 = madd(right, v128.load(at(w1, k), 16), t1);
    s2 = madd(left, v128.load(at(w2, k)), s2);
    t2 = madd(right, v128.load(at(w2, k), 16), t2);
    s3 = madd(left, v128.load(at(w3, k)), s3);
    t3 = madd(right, v128.load(at(w3, k), 16), t3);
  }
  for (; k < inner; k += 4) {
    const count = min(inner - k, 4);
    const tail = loadLanes(at(x, k), count);
    s0 = madd(tail, loadLanes(at(w0, k), count), s0);
    s1 = madd(tail, loadLanes(at(w1, k), count), s1);
    s2 = madd(tail, loadLanes(at(w2, k), count), s2);
    s3 = madd(tail, loadLanes(at(w3, k), count), s3);
  }
  return sumEach(f32x4.add(s0, t0), f32x4.add(s1, t1), f32x4.add(s2, t2), f32x4.add(s3, t3));
}

/** The sum of the four lanes of each vector, as one vector. */
@inline
function sumEach(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f64>(ab, cd, 0, 2), v128.shuffle<f64>(ab, cd, 1, 3));
}
