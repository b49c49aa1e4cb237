/**
 * cos(2πu) and sin(2πu) for u in [0, 1], absolute error at most 1.5 · 2^-24; measured: docs/accuracy.md
 * (scripts/accuracy.ts).
 *
 *   k = round(4u), f = 4u - k in [-½, ½], exactly; k mod 4 selects one of ±sin, ±cos of fπ/2
 *   sin fπ/2 = f·π/2 + f·s(f²), cos fπ/2 = 1 + f² c(f²)
 *
 * s and c are our own minimax polynomials on [-½, ½], with absolute errors of 1.9e-9 and 4.1e-10 for the rounded
 * coefficients below (Lawson's reweighted least squares in float64). The first coefficient of s is the rounding error
 * of π/2. The argument is never converted to radians: rounding it would cause half of the error.
 */
import { constant, ONE } from "../memory";
import { madd } from "./fma";

// 1.5·2²³. Adding it rounds to an integer, which is then in the low bits of the sum.
const ROUNDER = memory.data<u32>([0x4b400000], 4); // 12582912

const FOUR = memory.data<u32>([0x40800000], 4); // 4
const SIGN = memory.data<u32>([0x80000000], 4);

const HALF_PI = memory.data<u32>([0x3fc90fdb], 4); // 1.57079637
const S0 = memory.data<u32>([0xb33bbd2e], 4); // -4.37113900e-8, π/2 - HALF_PI
const S1 = memory.data<u32>([0xbf255ddd], 4); // -0.645963490
const S2 = memory.data<u32>([0x3da32f2a], 4); // 0.0796798021
const S3 = memory.data<u32>([0xbb96c002], 4); // -0.00460052583
const C1 = memory.data<u32>([0xbf9de9e6], 4); // -1.23370051
const C2 = memory.data<u32>([0x3e81e0d7], 4); // 0.253668517
const C3 = memory.data<u32>([0xbcaad8a2], 4); // -0.0208552517
const C4 = memory.data<u32>([0x3a6a3d8b], 4); // 8.93556222e-4

/** cos(2πu). Together with sinTwoPi4 of the same u it costs little: the compiler shares the common parts. */
@inline
export function cosTwoPi4(u: v128): v128 {
  const shifted = roundToQuadrant(u), f = reduceByQuadrant(u, shifted);
  const value = v128.bitselect(sinReduced(f), cosReduced(f), oddMask(shifted));
  return negateWhere(value, i32x4.shl(i32x4.add(shifted, i32x4.splat(1)), 30));
}

/** sin(2πu). */
@inline
export function sinTwoPi4(u: v128): v128 {
  const shifted = roundToQuadrant(u), f = reduceByQuadrant(u, shifted);
  const value = v128.bitselect(cosReduced(f), sinReduced(f), oddMask(shifted));
  return negateWhere(value, i32x4.shl(shifted, 30));
}

/** k = round(4u) as ROUNDER + k: a float whose low bits are k. */
@inline
function roundToQuadrant(u: v128): v128 {
  return madd(u, constant(FOUR), constant(ROUNDER));
}

/** f = 4u - k, given `shifted` = ROUNDER + k. */
@inline
function reduceByQuadrant(u: v128, shifted: v128): v128 {
  const k = f32x4.sub(shifted, constant(ROUNDER));
  return madd(u, constant(FOUR), f32x4.neg(k));
}

/** sin fπ/2. */
@inline
function sinReduced(f: v128): v128 {
  const z = f32x4.mul(f, f);
  let s = madd(constant(S3), z, constant(S2));
  s = madd(s, z, constant(S1));
  s = madd(s, z, constant(S0));
  return madd(f, constant(HALF_PI), f32x4.mul(f, s));
}

/** cos fπ/2. */
@inline
function cosReduced(f: v128): v128 {
  const z = f32x4.mul(f, f);
  let c = madd(constant(C4), z, constant(C3));
  c = madd(c, z, constant(C2));
  c = madd(c, z, constant(C1));
  return madd(c, z, constant(ONE));
}

/** All bits of the lanes whose k is odd. */
@inline
function oddMask(shifted: v128): v128 {
  return i32x4.shr_s(i32x4.shl(shifted, 31), 31);
}

/** `x`, negated where the top bit of `sign` is set. */
@inline
function negateWhere(x: v128, sign: v128): v128 {
  return v128.xor(x, v128.and(sign, constant(SIGN)));
}
