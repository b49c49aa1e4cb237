/**
 * One row times a stripe of W: up to 32 columns, in 8 accumulators that stay in registers.
 *
 *   out (+)= Σ_k x_k w_k (+ bias), then max(0, ·) for relu
 *
 * Each column is one chain over k in ascending order. `add` adds to the contents of `out`; `bias` is 0 for none.
 */
import { loadLanes, storeLanes } from "../memory";
import { relu4 } from "../simd/activation";
import { madd } from "../simd/fma";

/** out (+)= x · W over `depth` rows of a stripe of W, `wBytes` apart. */
export function sweep(
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

/** `vectors` is a constant: branches that it excludes are not compiled. */
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
  // Two rows of W per step, because most time is spent here.
  if (vectors == 8) {
    const last = end - xBytes;
    for (; x < last; x += 2 * xBytes, w += 2 * wBytes) {
      let value = v128.load32_splat(x);
      s0 = madd(value, v128.load(w), s0);
      s1 = madd(value, v128.load(w, 16), s1);
      s2 = madd(value, v128.load(w, 32), s2);
      s3 = madd(value, v128.load(w, 48), s3);
      s4 = madd(value, v128.load(w, 64), s4);
      s5 = madd(value, v128.load(w, 80), s5);
      s6 = madd(value, v128.load(w, 96), s6);
      s7 = madd(value, v128.load(w, 112), s7);
      const next = w + wBytes;
      value = v128.load32_splat(x + xBytes);
      s0 = madd(value, v128.load(next), s0);
      s1 = madd(value, v128.load(next, 16), s1);
      s2 = madd(value, v128.load(next, 32), s2);
      s3 = madd(value, v128.load(next, 48), s3);
      s4 = madd(value, v128.load(next, 64), s4);
      s5 = madd(value, v128.load(next, 80), s5);
      s6 = madd(value, v128.load(next, 96), s6);
      s7 = madd(value, v128.load(next, 112), s7);
    }
  }
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

/** The same for a panel of bf16. */
export function sweepHalves(
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
 * `pairs` (a constant) vectors of words of two weights each. The lower half is shifted up; the upper is used as it is,
 * with the lower after it, as `panels.ts` has allowed for.
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
 * Finishes and stores the first `vectors` (2, 4 or 8, a constant) sums: adds the contents of `out` and the bias, then
 * applies relu. Done together, because on short rows one call per vector would take as long as the sums.
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

/** Finishes and stores a sum of 4 lanes, or of 1 to 3: adds the contents of `out` and the bias, then applies relu. */
export function finish(out: usize, sum: v128, lanes: i32, add: bool, bias: usize, relu: bool): void {
  if (add) sum = f32x4.add(loadLanes(out, lanes), sum);
  if (bias) sum = f32x4.add(sum, loadLanes(bias, lanes));
  storeLanes(out, relu ? relu4(sum) : sum, lanes);
}
