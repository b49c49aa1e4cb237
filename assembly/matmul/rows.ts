/**
 * Products of few rows: each weight is used once per row, so nothing is packed.
 *
 *   sweepRows  x · W   over the rows of W, up to 32 columns at a time in 8 accumulators
 *   dotRows    x · Wᵀ  as dot products, 4 rows of Wᵀ at a time
 *
 * sweepRows sums in the order of `product.ts` (one chain per element over k, in the same blocks), and
 * so a row of `dense` has the same bits alone as in a batch.
 */
import { at, loadLanes, storeLanes } from "../memory";
import { activate } from "../simd/activation";
import { madd } from "../simd/fma";
import { ACTIVATION_IDENTITY } from "../opcodes.gen";
import { blockDepth } from "./block";

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
  bias: usize,
  kind: i32,
): void {
  const step = blockDepth(inner);
  for (let k = 0; k < inner; k += step) {
    const depth = min(inner - k, step), last = k + depth == inner;
    const b = last ? bias : 0, f = last ? kind : ACTIVATION_IDENTITY, add = k > 0;
    for (let j = 0; j < cols;) {
      const stripe = stripeOf(cols - j);
      for (let i = 0; i < rows; i++) {
        const to = at(out, i * outLine + j), from = at(x, i * xLine + k * xStep);
        const weights = at(w, j + k * wStep), stripeBias = b ? at(b, j) : 0;
        sweep(stripe, to, from, xStep, weights, wStep, depth, add, stripeBias, f);
      }
      j += stripe;
    }
  }
}

/** Columns to take next: 32, 16, 8, 4, or the tail. */
@inline
function stripeOf(left: i32): i32 {
  return left >= 32 ? 32 : left >= 16 ? 16 : left >= 8 ? 8 : min(left, 4);
}

function sweep(
  stripe: i32,
  out: usize,
  x: usize,
  xStep: i32,
  w: usize,
  wStep: i32,
  depth: i32,
  add: bool,
  bias: usize,
  kind: i32,
): void {
  if (stripe == 32) sweepVectors(8, 4, out, x, xStep, w, wStep, depth, add, bias, kind);
  else if (stripe == 16) sweepVectors(4, 4, out, x, xStep, w, wStep, depth, add, bias, kind);
  else if (stripe == 8) sweepVectors(2, 4, out, x, xStep, w, wStep, depth, add, bias, kind);
  else if (stripe == 4) sweepVectors(1, 4, out, x, xStep, w, wStep, depth, add, bias, kind);
  else sweepVectors(1, stripe, out, x, xStep, w, wStep, depth, add, bias, kind);
}

/** `vectors` is a constant: what it excludes does not exist in the compiled code. */
@inline
function sweepVectors(
  vectors: i32,
  lanes: i32,
  out: usize,
  x: usize,
  xStep: i32,
  w: usize,
  wStep: i32,
  depth: i32,
  add: bool,
  bias: usize,
  kind: i32,
): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  const xBytes = <usize>xStep << 2, wBytes = <usize>wStep << 2;
  const end = x + <usize>depth * xBytes;
  for (; x < end; x += xBytes, w += wBytes) {
    const value = v128.load32_splat(x);
    s0 = madd(value, loadLanes(w, lanes), s0);
    if (vectors > 1) s1 = madd(value, v128.load(w, 16), s1);
    if (vectors > 2) {
      s2 = madd(value, v128.load(w, 32), s2);
      s3 = madd(value, v128.load(w, 48), s3);
    }
    if (vectors > 4) {
      s4 = madd(value, v128.load(w, 64), s4);
      s5 = madd(value, v128.load(w, 80), s5);
      s6 = madd(value, v128.load(w, 96), s6);
      s7 = madd(value, v128.load(w, 112), s7);
    }
  }
  finish(out, s0, lanes, add, bias, kind);
  if (vectors > 1) finish(out + 16, s1, 4, add, next(bias, 16), kind);
  if (vectors > 2) {
    finish(out + 32, s2, 4, add, next(bias, 32), kind);
    finish(out + 48, s3, 4, add, next(bias, 48), kind);
  }
  if (vectors > 4) {
    finish(out + 64, s4, 4, add, next(bias, 64), kind);
    finish(out + 80, s5, 4, add, next(bias, 80), kind);
    finish(out + 96, s6, 4, add, next(bias, 96), kind);
    finish(out + 112, s7, 4, add, next(bias, 112), kind);
  }
}

@inline
function next(bias: usize, bytes: usize): usize {
  return bias ? bias + bytes : 0;
}

function finish(out: usize, sum: v128, lanes: i32, add: bool, bias: usize, kind: i32): void {
  if (add) sum = f32x4.add(loadLanes(out, lanes), sum);
  if (bias) sum = f32x4.add(sum, loadLanes(bias, lanes));
  storeLanes(out, activate(sum, kind), lanes);
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
  kind: i32,
): void {
  for (let j = 0; j < cols; j += 4) {
    const lanes = min(cols - j, 4);
    for (let i = 0; i < rows; i++) {
      const sums = dots4(at(x, i * xLine), at(w, j * wLine), wLine, lanes, inner);
      finish(at(out, i * outLine + j), sums, lanes, false, bias ? at(bias, j) : 0, kind);
    }
  }
}

/** x · w for `lanes` lines of w; two accumulators each, then a 4 × 4 transpose and three sums. */
function dots4(x: usize, w0: usize, wLine: i32, lanes: i32, inner: i32): v128 {
  // A line that does not exist repeats the first: its lane is not stored.
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

/** The four lanes' sum of each vector, as one vector. */
@inline
function sumEach(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f64>(ab, cd, 0, 2), v128.shuffle<f64>(ab, cd, 1, 3));
}
