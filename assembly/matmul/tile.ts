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
  // The left and the right half of rows 0 to 5, which are finished together (ADR 102).
  let l0 = weave(d0, d1), l1 = weave(d1, d0), l2 = weave(d2, d3), l3 = weave(d3, d2);
  let r0 = weave(e0, e1), r1 = weave(e1, e0), r2 = weave(e2, e3), r3 = weave(e3, e2);
  let l4 = weave(d4, d5), l5 = weave(d5, d4), r4 = weave(e4, e5), r5 = weave(e5, e4);
  const row1 = out + stride, row2 = row1 + stride, row3 = row2 + stride;
  const row4 = row3 + stride, row5 = row4 + stride;
  if (accumulate) {
    l0 = f32x4.add(v128.load(out), l0), r0 = f32x4.add(v128.load(out, 16), r0);
    l1 = f32x4.add(v128.load(row1), l1), r1 = f32x4.add(v128.load(row1, 16), r1);
    l2 = f32x4.add(v128.load(row2), l2), r2 = f32x4.add(v128.load(row2, 16), r2);
    l3 = f32x4.add(v128.load(row3), l3), r3 = f32x4.add(v128.load(row3, 16), r3);
    if (height == 6) {
      l4 = f32x4.add(v128.load(row4), l4), r4 = f32x4.add(v128.load(row4, 16), r4);
      l5 = f32x4.add(v128.load(row5), l5), r5 = f32x4.add(v128.load(row5, 16), r5);
    }
  }
  if (bias) {
    left = v128.load(bias), right = v128.load(bias, 16);
    l0 = f32x4.add(l0, left), l1 = f32x4.add(l1, left), l2 = f32x4.add(l2, left);
    l3 = f32x4.add(l3, left), l4 = f32x4.add(l4, left), l5 = f32x4.add(l5, left);
    r0 = f32x4.add(r0, right), r1 = f32x4.add(r1, right), r2 = f32x4.add(r2, right);
    r3 = f32x4.add(r3, right), r4 = f32x4.add(r4, right), r5 = f32x4.add(r5, right);
  }
  if (relu) {
    l0 = relu4(l0), l1 = relu4(l1), l2 = relu4(l2), l3 = relu4(l3), l4 = relu4(l4), l5 = relu4(l5);
    r0 = relu4(r0), r1 = relu4(r1), r2 = relu4(r2), r3 = relu4(r3), r4 = relu4(r4), r5 = relu4(r5);
  }
  v128.store(out, l0), v128.store(out, r0, 16);
  v128.store(row1, l1), v128.store(row1, r1, 16);
  v128.store(row2, l2), v128.store(row2, r2, 16);
  v128.store(row3, l3), v128.store(row3, r3, 16);
  if (height == 6) {
    v128.store(row4, l4), v128.store(row4, r4, 16);
    v128.store(row5, l5), v128.store(row5, r5, 16);
  }
}
