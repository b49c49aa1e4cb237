/**
 * One tile of C, 6 × 8 or 4 × 8: C (+)= A · B over `depth` steps of panels, A [k][6] or [k][4] and B [k][8].
 *
 * A's vector is rotated by one lane at a time, so accumulator `dr` collects the diagonal where A's row is the lane plus
 * r; rows 4 and 5, loaded twice into a vector, are swapped: 4 loads and 4 shuffles for 12 multiply-adds. At the end the
 * diagonals are rearranged into rows. Each element is one chain over k in ascending order.
 *
 * Eight sums are the fewest that can keep two units of four cycles busy, so each delay is lost; twelve, two vectors of B
 * and one of A take all 15 registers (ADR 69).
 */
import { relu4 } from "../simd/activation";
import { madd } from "../simd/fma";

@inline
function rotate(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 1, 2, 3, 0);
}

@inline
function swap(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 1, 0, 3, 2);
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
 * @param height 6 or 4
 * @param out the tile's first element; rows are `stride` bytes apart
 * @param aStep, bStep bytes between steps of a panel
 * @param accumulate whether to add to the contents of `out`
 * @param bias 8 values to add to every row; 0 for none
 * @param relu whether to apply max(0, ·)
 */
@inline
export function multiplyTile(
  height: i32,
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
  let d0 = f32x4.splat(0), d1 = d0, d2 = d0, d3 = d0, d4 = d0, d5 = d0;
  let e0 = d0, e1 = d0, e2 = d0, e3 = d0, e4 = d0, e5 = d0;
  const end = a + <usize>depth * aStep;
  if (height == 6) {
    do {
      const left = v128.load(b), right = v128.load(b, 16);
      let lanes = v128.load64_splat(a, 16);
      d4 = madd(lanes, left, d4);
      e4 = madd(lanes, right, e4);
      lanes = swap(lanes);
      d5 = madd(lanes, left, d5);
      e5 = madd(lanes, right, e5);
      lanes = v128.load(a);
      d0 = madd(lanes, left, d0);
      e0 = madd(lanes, right, e0);
      lanes = rotate(lanes);
      d1 = madd(lanes, left, d1);
      e1 = madd(lanes, right, e1);
      lanes = rotate(lanes);
      d2 = madd(lanes, left, d2);
      e2 = madd(lanes, right, e2);
      lanes = rotate(lanes);
      d3 = madd(lanes, left, d3);
      e3 = madd(lanes, right, e3);
      a += aStep;
      b += bStep;
    } while (a < end);
  } else {
    do {
      const lanes = v128.load(a), left = v128.load(b), right = v128.load(b, 16);
      d0 = madd(lanes, left, d0);
      e0 = madd(lanes, right, e0);
      const rotated1 = rotate(lanes);
      d1 = madd(rotated1, left, d1);
      e1 = madd(rotated1, right, e1);
      const rotated2 = v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1);
      d2 = madd(rotated2, left, d2);
      e2 = madd(rotated2, right, e2);
      const rotated3 = v128.shuffle<f32>(lanes, lanes, 3, 0, 1, 2);
      d3 = madd(rotated3, left, d3);
      e3 = madd(rotated3, right, e3);
      a += aStep;
      b += bStep;
    } while (a < end);
  }
  if (height == 6) {
    const out4 = out + (stride << 2), out5 = out4 + stride;
    let left4 = weave(d4, d5), left5 = weave(d5, d4), right4 = weave(e4, e5), right5 = weave(e5, e4);
    if (accumulate) {
      left4 = f32x4.add(v128.load(out4), left4);
      right4 = f32x4.add(v128.load(out4, 16), right4);
      left5 = f32x4.add(v128.load(out5), left5);
      right5 = f32x4.add(v128.load(out5, 16), right5);
    }
    if (bias) {
      const left = v128.load(bias), right = v128.load(bias, 16);
      left4 = f32x4.add(left4, left), left5 = f32x4.add(left5, left);
      right4 = f32x4.add(right4, right), right5 = f32x4.add(right5, right);
    }
    if (relu) {
      left4 = relu4(left4), left5 = relu4(left5), right4 = relu4(right4), right5 = relu4(right5);
    }
    v128.store(out4, left4);
    v128.store(out4, right4, 16);
    v128.store(out5, left5);
    v128.store(out5, right5, 16);
  }
  // Row i, lane j lies in diagonal (i - j) mod 4, lane j.
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
