/**
 * One 4 × 8 tile of C: C (+)= A · B over `depth` steps of panels, A [k][4] and B [k][8].
 *
 * A's vector is used as loaded and rotated by 1, 2 and 3 lanes, so accumulator `dr` collects the diagonal where A's row
 * is the lane plus r: 3 loads and 3 shuffles for 8 multiply-adds. At the end the diagonals are rearranged into rows.
 * Each element is one chain over k in ascending order.
 */
import { relu4 } from "../simd/activation";
import { madd } from "../simd/fma";

@inline
function rotate1(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 1, 2, 3, 0);
}

@inline
function rotate2(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 2, 3, 0, 1);
}

@inline
function rotate3(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 3, 0, 1, 2);
}

/** Lanes 0 and 2 of `even`, lanes 1 and 3 of `odd`. */
@inline
function weave(even: v128, odd: v128): v128 {
  return v128.shuffle<f32>(even, odd, 0, 5, 2, 7);
}

/** Lanes 0 and 1 of `low`, lanes 2 and 3 of `high`. */
@inline
function halves(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(low, high, 0, 1, 6, 7);
}

/**
 * @param out the tile's first element; rows are `stride` bytes apart
 * @param aStep, bStep bytes between steps of a panel
 * @param accumulate whether to add to the contents of `out`
 * @param bias 8 values to add to every row; 0 for none
 * @param relu whether to apply max(0, ·)
 */
@inline
export function tile4x8(
  out: usize,
  stride: usize,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  depth: i32,
  accumulate: bool,
  bias: usize,
  relu: bool,
): void {
  let d0 = f32x4.splat(0), d1 = d0, d2 = d0, d3 = d0;
  let e0 = d0, e1 = d0, e2 = d0, e3 = d0;
  const end = a + <usize>depth * aStep;
  do {
    const lanes = v128.load(a);
    const left = v128.load(b);
    const right = v128.load(b, 16);
    d0 = madd(lanes, left, d0);
    e0 = madd(lanes, right, e0);
    const rotated1 = rotate1(lanes);
    d1 = madd(rotated1, left, d1);
    e1 = madd(rotated1, right, e1);
    const rotated2 = rotate2(lanes);
    d2 = madd(rotated2, left, d2);
    e2 = madd(rotated2, right, e2);
    const rotated3 = rotate3(lanes);
    d3 = madd(rotated3, left, d3);
    e3 = madd(rotated3, right, e3);
    a += aStep;
    b += bStep;
  } while (a < end);
  // Row i, lane j is in diagonal (i - j) mod 4, lane j.
  const d03 = weave(d0, d3), d21 = weave(d2, d1), d10 = weave(d1, d0), d32 = weave(d3, d2);
  const e03 = weave(e0, e3), e21 = weave(e2, e1), e10 = weave(e1, e0), e32 = weave(e3, e2);
  d0 = halves(d03, d21), d1 = halves(d10, d32), d2 = halves(d21, d03), d3 = halves(d32, d10);
  e0 = halves(e03, e21), e1 = halves(e10, e32), e2 = halves(e21, e03), e3 = halves(e32, e10);
  const out1 = out + stride, out2 = out1 + stride, out3 = out2 + stride;
  if (accumulate) {
    d0 = f32x4.add(v128.load(out), d0);
    e0 = f32x4.add(v128.load(out, 16), e0);
    d1 = f32x4.add(v128.load(out1), d1);
    e1 = f32x4.add(v128.load(out1, 16), e1);
    d2 = f32x4.add(v128.load(out2), d2);
    e2 = f32x4.add(v128.load(out2, 16), e2);
    d3 = f32x4.add(v128.load(out3), d3);
    e3 = f32x4.add(v128.load(out3, 16), e3);
  }
  if (bias) {
    const left = v128.load(bias), right = v128.load(bias, 16);
    d0 = f32x4.add(d0, left), d1 = f32x4.add(d1, left);
    d2 = f32x4.add(d2, left), d3 = f32x4.add(d3, left);
    e0 = f32x4.add(e0, right), e1 = f32x4.add(e1, right);
    e2 = f32x4.add(e2, right), e3 = f32x4.add(e3, right);
  }
  if (relu) {
    d0 = relu4(d0), d1 = relu4(d1), d2 = relu4(d2), d3 = relu4(d3);
    e0 = relu4(e0), e1 = relu4(e1), e2 = relu4(e2), e3 = relu4(e3);
  }
  v128.store(out, d0);
  v128.store(out, e0, 16);
  v128.store(out1, d1);
  v128.store(out1, e1, 16);
  v128.store(out2, d2);
  v128.store(out2, e2, 16);
  v128.store(out3, d3);
  v128.store(out3, e3, 16);
}
