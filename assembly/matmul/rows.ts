/**
 * Products of few rows: each weight is used once per row, so nothing is packed on the way.
 *
 *   sweepRows  x · W   over the rows of W, up to 32 columns at a time in 8 accumulators
 *   dotRows    x · Wᵀ  as dot products, 4 rows of Wᵀ at a time
 *
 * sweepRows sums in the order of `product.ts` (one chain per element over k, in the same blocks), and
 * so a row of `dense` has the same bits alone as in a batch. W lies as a matrix, or in panels that
 * were packed once for many runs (`panels.ts`): read in ascending addresses, and with the same bits
 * unless they hold bf16.
 */
import { at, loadLanes, storeLanes } from "../memory";
import { relu4 } from "../simd/activation";
import { madd } from "../simd/fma";
import { FORMAT_MATRIX } from "../opcodes.gen";
import { blockDepth } from "./block";
import { isHalved, panelBytes, stripeOf } from "./panels";

/**
 * @param wStep elements between the rows of W, if it is a matrix
 * @param format of W: `panels.ts`
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
      const b = last && bias ? at(bias, j) : 0, cut = last && relu;
      const weights = w + <usize>k * line, add = k > 0;
      for (let i = 0; i < rows; i++) {
        const to = at(out, i * outLine + j), from = at(x, i * xLine + k * xStep);
        if (halves) sweepHalves(stripe, to, from, xStep, weights, depth, add, b, cut);
        else sweep(stripe, to, from, xStep, weights, line, depth, add, b, cut);
      }
    }
    w += format == FORMAT_MATRIX ? <usize>stripe << 2 : panelBytes(inner, stripe, halves);
    j += stripe;
  }
}

function sweep(
  stripe: i32,
  out: usize,
  x: usize,
  xStep: i32,
  w: usize,
  wBytes: usize,
  depth: i32,
  add: bool,
  bias: usize,
  relu: bool,
): void {
  if (stripe == 32) sweepVectors(8, 4, out, x, xStep, w, wBytes, depth, add, bias, relu);
  else if (stripe == 16) sweepVectors(4, 4, out, x, xStep, w, wBytes, depth, add, bias, relu);
  else if (stripe == 8) sweepVectors(2, 4, out, x, xStep, w, wBytes, depth, add, bias, relu);
  else if (stripe == 4) sweepVectors(1, 4, out, x, xStep, w, wBytes, depth, add, bias, relu);
  else sweepVectors(1, stripe, out, x, xStep, w, wBytes, depth, add, bias, relu);
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
  wBytes: usize,
  depth: i32,
  add: bool,
  bias: usize,
  relu: bool,
): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  const xBytes = <usize>xStep << 2;
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
  if (vectors == 1) finish(out, s0, lanes, add, bias, relu);
  else finishAll(vectors, out, s0, s1, s2, s3, s4, s5, s6, s7, add, bias, relu);
}

function sweepHalves(
  stripe: i32,
  out: usize,
  x: usize,
  xStep: i32,
  w: usize,
  depth: i32,
  add: bool,
  bias: usize,
  relu: bool,
): void {
  if (stripe == 32) sweepPairs(4, out, x, xStep, w, depth, add, bias, relu);
  else if (stripe == 16) sweepPairs(2, out, x, xStep, w, depth, add, bias, relu);
  else sweepPairs(1, out, x, xStep, w, depth, add, bias, relu);
}

/**
 * `pairs` (a constant) vectors of words that hold two weights each. The lower half is shifted up; the
 * upper is taken as it is, with the lower behind it: `panels.ts` has chosen it so.
 */
@inline
function sweepPairs(
  pairs: i32,
  out: usize,
  x: usize,
  xStep: i32,
  w: usize,
  depth: i32,
  add: bool,
  bias: usize,
  relu: bool,
): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  const xBytes = <usize>xStep << 2, wBytes = <usize>pairs << 4;
  const end = x + <usize>depth * xBytes;
  for (; x < end; x += xBytes, w += wBytes) {
    const value = v128.load32_splat(x);
    const pair0 = v128.load(w);
    s0 = madd(value, i32x4.shl(pair0, 16), s0);
    s1 = madd(value, pair0, s1);
    if (pairs > 1) {
      const pair1 = v128.load(w, 16);
      s2 = madd(value, i32x4.shl(pair1, 16), s2);
      s3 = madd(value, pair1, s3);
    }
    if (pairs > 2) {
      const pair2 = v128.load(w, 32), pair3 = v128.load(w, 48);
      s4 = madd(value, i32x4.shl(pair2, 16), s4);
      s5 = madd(value, pair2, s5);
      s6 = madd(value, i32x4.shl(pair3, 16), s6);
      s7 = madd(value, pair3, s7);
    }
  }
  finishAll(2 * pairs, out, s0, s1, s2, s3, s4, s5, s6, s7, add, bias, relu);
}

/**
 * Writes the first `vectors` (2, 4 or 8, a constant) sums: plus what is there, plus the bias, cut. Not
 * vector by vector: on short rows the calls would take as long as the sums.
 */
@inline
function finishAll(
  vectors: i32,
  out: usize,
  s0: v128,
  s1: v128,
  s2: v128,
  s3: v128,
  s4: v128,
  s5: v128,
  s6: v128,
  s7: v128,
  add: bool,
  bias: usize,
  relu: bool,
): void {
  if (add) {
    s0 = f32x4.add(v128.load(out), s0);
    s1 = f32x4.add(v128.load(out, 16), s1);
    if (vectors > 2) {
      s2 = f32x4.add(v128.load(out, 32), s2);
      s3 = f32x4.add(v128.load(out, 48), s3);
    }
    if (vectors > 4) {
      s4 = f32x4.add(v128.load(out, 64), s4);
      s5 = f32x4.add(v128.load(out, 80), s5);
      s6 = f32x4.add(v128.load(out, 96), s6);
      s7 = f32x4.add(v128.load(out, 112), s7);
    }
  }
  if (bias) {
    s0 = f32x4.add(s0, v128.load(bias));
    s1 = f32x4.add(s1, v128.load(bias, 16));
    if (vectors > 2) {
      s2 = f32x4.add(s2, v128.load(bias, 32));
      s3 = f32x4.add(s3, v128.load(bias, 48));
    }
    if (vectors > 4) {
      s4 = f32x4.add(s4, v128.load(bias, 64));
      s5 = f32x4.add(s5, v128.load(bias, 80));
      s6 = f32x4.add(s6, v128.load(bias, 96));
      s7 = f32x4.add(s7, v128.load(bias, 112));
    }
  }
  if (relu) {
    s0 = relu4(s0);
    s1 = relu4(s1);
    if (vectors > 2) {
      s2 = relu4(s2);
      s3 = relu4(s3);
    }
    if (vectors > 4) {
      s4 = relu4(s4);
      s5 = relu4(s5);
      s6 = relu4(s6);
      s7 = relu4(s7);
    }
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
  if (vectors > 2) {
    v128.store(out, s2, 32);
    v128.store(out, s3, 48);
  }
  if (vectors > 4) {
    v128.store(out, s4, 64);
    v128.store(out, s5, 80);
    v128.store(out, s6, 96);
    v128.store(out, s7, 112);
  }
}

function finish(out: usize, sum: v128, lanes: i32, add: bool, bias: usize, relu: bool): void {
  if (add) sum = f32x4.add(loadLanes(out, lanes), sum);
  if (bias) sum = f32x4.add(sum, loadLanes(bias, lanes));
  storeLanes(out, relu ? relu4(sum) : sum, lanes);
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
