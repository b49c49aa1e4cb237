/**
 * One 4 × 8 tile of C: C (+)= A · B over `depth` steps of panels, A [k][4] and B [k][8].
 *
 * A's vector is used as loaded and rotated by 1, 2 and 3 lanes, so accumulator `dr` collects the
 * diagonal where A's row is the lane plus r: 3 loads and 3 shuffles for 8 multiply-adds. The
 * diagonals are sorted into rows at the end. Each element is one chain over k in ascending order.
 */
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

/** Writes a row's vector: sum, plus what is there, plus the bias. */
@inline
function put(to: usize, sum: v128, accumulate: bool, bias: usize): void {
  if (accumulate) sum = f32x4.add(v128.load(to), sum);
  if (bias) sum = f32x4.add(sum, v128.load(bias));
  v128.store(to, sum);
}

/** Four rows of one vector each, from the diagonals d0 … d3. */
@inline
function putRows(
  to: usize,
  stride: usize,
  d0: v128,
  d1: v128,
  d2: v128,
  d3: v128,
  accumulate: bool,
  bias: usize,
): void {
  // Row i, lane j lies in diagonal (i - j) mod 4, lane j.
  const d03 = weave(d0, d3), d21 = weave(d2, d1), d10 = weave(d1, d0), d32 = weave(d3, d2);
  put(to, halves(d03, d21), accumulate, bias);
  put(to + stride, halves(d10, d32), accumulate, bias);
  put(to + 2 * stride, halves(d21, d03), accumulate, bias);
  put(to + 3 * stride, halves(d32, d10), accumulate, bias);
}

/**
 * @param out    the tile's first element; rows are `stride` bytes apart
 * @param aStep, bStep bytes from one step of a panel to the next
 * @param accumulate whether to add to what `out` holds
 * @param bias   8 values to add to every row; 0 for none
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
  putRows(out, stride, d0, d1, d2, d3, accumulate, bias);
  putRows(out + 16, stride, e0, e1, e2, e3, accumulate, bias ? bias + 16 : 0);
}
