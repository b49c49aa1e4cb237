/**
 * One tile of C, 6 × 8 or 4 × 8: C (+)= A · B over `depth` steps of panels, A [k][6] or [k][4] and B [k][8].
 *
 * Rows come in pairs. A vector holds a pair of A twice, a b a b, and then swapped, b a b a, so one sum collects the
 * even columns of the first row and the odd ones of the second, and the other sum the rest: 5 loads and 3 shuffles for
 * 12 multiply-adds. At the end the sums are woven into rows. Each element is one chain over k in ascending order.
 *
 * Eight sums are the fewest that can keep two units of four cycles busy, so each delay is lost; twelve, two vectors of
 * B and one of A take all 15 registers (ADR 69). One of the two units also shuffles, and each load and each turn of a
 * loop is checked: hence few shuffles, and two steps a turn (ADR 86).
 */
import { relu4 } from "../simd/activation";
import { madd } from "../simd/fma";

@inline
function swap(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 1, 0, 3, 2);
}

/** Lanes 0 and 2 of `even`, lanes 1 and 3 of `odd`. */
@inline
function weave(even: v128, odd: v128): v128 {
  return v128.shuffle<f32>(even, odd, 0, 5, 2, 7);
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
  let left: v128, right: v128, pair: v128;
  if (height == 6) {
    do {
      left = v128.load(b), right = v128.load(b, 16);
      pair = v128.load64_splat(a);
      d0 = madd(pair, left, d0);
      e0 = madd(pair, right, e0);
      pair = swap(pair);
      d1 = madd(pair, left, d1);
      e1 = madd(pair, right, e1);
      pair = v128.load64_splat(a, 8);
      d2 = madd(pair, left, d2);
      e2 = madd(pair, right, e2);
      pair = swap(pair);
      d3 = madd(pair, left, d3);
      e3 = madd(pair, right, e3);
      pair = v128.load64_splat(a, 16);
      d4 = madd(pair, left, d4);
      e4 = madd(pair, right, e4);
      pair = swap(pair);
      d5 = madd(pair, left, d5);
      e5 = madd(pair, right, e5);
      a += aStep;
      b += bStep;
      if (a >= end) break;
      left = v128.load(b), right = v128.load(b, 16);
      pair = v128.load64_splat(a);
      d0 = madd(pair, left, d0);
      e0 = madd(pair, right, e0);
      pair = swap(pair);
      d1 = madd(pair, left, d1);
      e1 = madd(pair, right, e1);
      pair = v128.load64_splat(a, 8);
      d2 = madd(pair, left, d2);
      e2 = madd(pair, right, e2);
      pair = swap(pair);
      d3 = madd(pair, left, d3);
      e3 = madd(pair, right, e3);
      pair = v128.load64_splat(a, 16);
      d4 = madd(pair, left, d4);
      e4 = madd(pair, right, e4);
      pair = swap(pair);
      d5 = madd(pair, left, d5);
      e5 = madd(pair, right, e5);
      a += aStep;
      b += bStep;
    } while (a < end);
  } else {
    do {
      left = v128.load(b), right = v128.load(b, 16);
      pair = v128.load64_splat(a);
      d0 = madd(pair, left, d0);
      e0 = madd(pair, right, e0);
      pair = swap(pair);
      d1 = madd(pair, left, d1);
      e1 = madd(pair, right, e1);
      pair = v128.load64_splat(a, 8);
      d2 = madd(pair, left, d2);
      e2 = madd(pair, right, e2);
      pair = swap(pair);
      d3 = madd(pair, left, d3);
      e3 = madd(pair, right, e3);
      a += aStep;
      b += bStep;
    } while (a < end);
  }
  finishPair(out, stride, d0, d1, e0, e1, accumulate, bias, relu);
  finishPair(out + (stride << 1), stride, d2, d3, e2, e3, accumulate, bias, relu);
  if (height == 6) finishPair(out + (stride << 2), stride, d4, d5, e4, e5, accumulate, bias, relu);
}

/** Weaves the sums of two rows, adds the existing values and the bias, and stores them. */
@inline
function finishPair(
  out: usize,
  stride: usize,
  left0: v128,
  left1: v128,
  right0: v128,
  right1: v128,
  accumulate: bool,
  bias: usize,
  relu: bool,
): void {
  let upLeft = weave(left0, left1), upRight = weave(right0, right1);
  let downLeft = weave(left1, left0), downRight = weave(right1, right0);
  const next = out + stride;
  if (accumulate) {
    upLeft = f32x4.add(v128.load(out), upLeft);
    upRight = f32x4.add(v128.load(out, 16), upRight);
    downLeft = f32x4.add(v128.load(next), downLeft);
    downRight = f32x4.add(v128.load(next, 16), downRight);
  }
  if (bias) {
    const left = v128.load(bias), right = v128.load(bias, 16);
    upLeft = f32x4.add(upLeft, left), upRight = f32x4.add(upRight, right);
    downLeft = f32x4.add(downLeft, left), downRight = f32x4.add(downRight, right);
  }
  if (relu) {
    upLeft = relu4(upLeft), upRight = relu4(upRight);
    downLeft = relu4(downLeft), downRight = relu4(downRight);
  }
  v128.store(out, upLeft);
  v128.store(out, upRight, 16);
  v128.store(next, downLeft);
  v128.store(next, downRight, 16);
}
