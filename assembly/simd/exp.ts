/**
 * exp(x) for x in [-87.3365, 88.7228]; 0 below (no subnormal results), +inf above, NaN kept.
 * At most 1.5 ulp off; measured: docs/accuracy.md (scripts/accuracy.ts).
 *
 *   n = round(x / ln 2), r = x - n·ln 2, exp(x) = 2ⁿ (1 + r + r² q(r))
 *
 * n·ln 2 is subtracted in two parts (Cody & Waite, 1980). q is Cephes expf's polynomial (Moshier,
 * 1989), for |r| <= ln 2 / 2.
 */
import { madd } from "./fma";

const LOG2_E = reinterpret<f32>(0x3fb8aa3b); // 1.44269504
const LN2_HIGH = reinterpret<f32>(0x3f318000); // 0.693359375: n·LN2_HIGH is exact
const LN2_LOW = reinterpret<f32>(0xb95e8083); // -2.12194440e-4
// 1.5·2²³. Adding it rounds to an integer, which the low bits of the sum then hold.
const ROUNDER = reinterpret<f32>(0x4b400000); // 12582912

const Q0 = reinterpret<f32>(0x3f000000); // 0.5 (Cephes: 0.50000001201)
const Q1 = reinterpret<f32>(0x3e2aaaaa); // 0.16666665459
const Q2 = reinterpret<f32>(0x3d2aa9c1); // 0.041665795894
const Q3 = reinterpret<f32>(0x3c088908); // 0.0083334519073
const Q4 = reinterpret<f32>(0x3ab743ce); // 0.0013981999507
const Q5 = reinterpret<f32>(0x39506967); // 0.00019875691500

const LOWEST = reinterpret<f32>(0xc2aeac4f); // -87.3365402, the least x with exp(x) >= 2⁻¹²⁶
const HIGHEST = reinterpret<f32>(0x42b17217); // 88.7228317, the greatest x with exp(x) < 2¹²⁸
const LARGEST = reinterpret<f32>(0x7f7fffff); // 3.40282347e38

/** n = round(x / ln 2) as ROUNDER + n: a float whose low nine bits are n mod 512. */
@inline
export function roundToLn2(x: v128): v128 {
  return madd(x, f32x4.splat(LOG2_E), f32x4.splat(ROUNDER));
}

/** r = x - n·ln 2, of `shifted` = ROUNDER + n. */
@inline
export function reduceByLn2(x: v128, shifted: v128): v128 {
  const n = f32x4.sub(shifted, f32x4.splat(ROUNDER));
  return madd(n, f32x4.splat(-LN2_LOW), madd(n, f32x4.splat(-LN2_HIGH), x));
}

/** exp(r) - 1 = r + r² q(r), for |r| <= ln 2 / 2. */
@inline
export function expm1Reduced(r: v128): v128 {
  let q = madd(f32x4.splat(Q5), r, f32x4.splat(Q4));
  q = madd(q, r, f32x4.splat(Q3));
  q = madd(q, r, f32x4.splat(Q2));
  q = madd(q, r, f32x4.splat(Q1));
  q = madd(q, r, f32x4.splat(Q0));
  return madd(q, f32x4.mul(r, r), r);
}

@inline
export function exp4(x: v128): v128 {
  const shifted = roundToLn2(x);
  const mantissa = f32x4.add(expm1Reduced(reduceByLn2(x, shifted)), f32x4.splat(1));
  // Times 2ⁿ: n is added to the exponent.
  const inside = i32x4.add(mantissa, i32x4.shl(shifted, 23));
  const outside = f32x4.mul(f32x4.pmax(x, f32x4.splat(0)), f32x4.splat(LARGEST));
  const isInside = v128.and(f32x4.ge(x, f32x4.splat(LOWEST)), f32x4.le(x, f32x4.splat(HIGHEST)));
  return v128.bitselect(inside, outside, isInside);
}
