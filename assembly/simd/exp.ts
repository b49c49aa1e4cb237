/**
 * exp(x) for x in [-87.3365, 88.7228]; 0 below (no subnormal results), +inf above; NaN is propagated. Error at most 1.5
 * ulp; measured: docs/accuracy.md (scripts/accuracy.ts).
 *
 *   n = round(x / ln 2), r = x - n·ln 2, exp(x) = 2ⁿ (1 + r + r² q(r))
 *
 * n·ln 2 is subtracted in two parts (Cody & Waite, 1980). q is the polynomial of Cephes expf (Moshier, 1989), for |r|
 * <= ln 2 / 2.
 */
import { constant, ONE } from "../memory";
import { madd } from "./fma";

const LOG2_E = memory.data<u32>([0x3fb8aa3b], 4); // 1.44269504
// -ln 2 in two parts: n times the first is exact.
const MINUS_LN2_HIGH = memory.data<u32>([0xbf318000], 4); // -0.693359375
const MINUS_LN2_LOW = memory.data<u32>([0x395e8083], 4); // 2.12194440e-4
// 1.5·2²³. Adding it rounds to an integer, which is then in the low bits of the sum.
const ROUNDER = memory.data<u32>([0x4b400000], 4); // 12582912

const Q0 = memory.data<u32>([0x3f000000], 4); // 0.5 (Cephes: 0.50000001201)
const Q1 = memory.data<u32>([0x3e2aaaaa], 4); // 0.16666665459
const Q2 = memory.data<u32>([0x3d2aa9c1], 4); // 0.041665795894
const Q3 = memory.data<u32>([0x3c088908], 4); // 0.0083334519073
const Q4 = memory.data<u32>([0x3ab743ce], 4); // 0.0013981999507
const Q5 = memory.data<u32>([0x39506967], 4); // 0.00019875691500

const LOWEST = memory.data<u32>([0xc2aeac4f], 4); // -87.3365402, the smallest x with exp(x) >= 2⁻¹²⁶
const HIGHEST = memory.data<u32>([0x42b17217], 4); // 88.7228317, the largest x with exp(x) < 2¹²⁸
const LARGEST = memory.data<u32>([0x7f7fffff], 4); // 3.40282347e38

/** n = round(x / ln 2) as ROUNDER + n: a float whose low nine bits are n mod 512. */
@inline
export function roundToLn2(x: v128): v128 {
  return madd(x, constant(LOG2_E), constant(ROUNDER));
}

/** r = x - n·ln 2, given `shifted` = ROUNDER + n. */
@inline
export function reduceByLn2(x: v128, shifted: v128): v128 {
  const n = f32x4.sub(shifted, constant(ROUNDER));
  return madd(n, constant(MINUS_LN2_LOW), madd(n, constant(MINUS_LN2_HIGH), x));
}

/** exp(r) - 1 = r + r² q(r), for |r| <= ln 2 / 2. */
@inline
export function expm1Reduced(r: v128): v128 {
  let q = madd(constant(Q5), r, constant(Q4));
  q = madd(q, r, constant(Q3));
  q = madd(q, r, constant(Q2));
  q = madd(q, r, constant(Q1));
  q = madd(q, r, constant(Q0));
  return madd(q, f32x4.mul(r, r), r);
}

/** The same for x in the range. */
@inline
export function expInside4(x: v128): v128 {
  const shifted = roundToLn2(x);
  const mantissa = f32x4.add(expm1Reduced(reduceByLn2(x, shifted)), constant(ONE));
  // Multiplies by 2ⁿ: adds n to the exponent.
  return i32x4.add(mantissa, i32x4.shl(shifted, 23));
}

@inline
export function exp4(x: v128): v128 {
  const inside = expInside4(x);
  const outside = f32x4.mul(f32x4.pmax(x, f32x4.splat(0)), constant(LARGEST));
  const isInside = v128.and(f32x4.ge(x, constant(LOWEST)), f32x4.le(x, constant(HIGHEST)));
  return v128.bitselect(inside, outside, isInside);
}

/**
 * The same for x <= 0, in fewer steps, as 2ⁿ (eʳ - 1) + 2ⁿ: 0 below the range. It has the same bits, except below -83,
 * where the product is subnormal: unfused, it may then be one ulp off.
 */
@inline
export function expNegative4(x: v128): v128 {
  const shifted = roundToLn2(x), reduced = expm1Reduced(reduceByLn2(x, shifted));
  const scale = i32x4.add(i32x4.shl(shifted, 23), constant(ONE));
  return v128.andnot(madd(reduced, scale, scale), f32x4.lt(x, constant(LOWEST)));
}
