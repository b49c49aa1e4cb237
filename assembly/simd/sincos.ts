/**
 * cos(2πu) and sin(2πu) for u in [0, 1). Max absolute error: docs/accuracy.md (scripts/accuracy.ts).
 *
 *   k = round(4u), a = (4u - k) π/2 in [-π/4, π/4]; k mod 4 says which of ±sin a, ±cos a is meant
 *
 * Polynomials: Cephes sinf and cosf (Moshier, 1989).
 */
import { madd } from "./fma";

const HALF_PI = reinterpret<f32>(0x3fc90fdb); // 1.57079637
// 1.5·2²³. Adding it rounds to an integer, which the low bits of the sum then hold.
const ROUNDER = reinterpret<f32>(0x4b400000); // 12582912

const S1 = reinterpret<f32>(0xbe2aaaa3); // -0.16666654611
const S2 = reinterpret<f32>(0x3c08839e); // 0.0083321608736
const S3 = reinterpret<f32>(0xb94ca1f9); // -0.00019515295891
const C2 = reinterpret<f32>(0x3d2aaaa5); // 0.041666645683
const C3 = reinterpret<f32>(0xbab6061a); // -0.0013887316255
const C4 = reinterpret<f32>(0x37ccf5ce); // 0.000024433157118

/** cos(2πu). Beside sinTwoPi4 of the same u it costs little: the compiler shares what they share. */
@inline
export function cosTwoPi4(u: v128): v128 {
  const shifted = roundToQuadrant(u), a = reduceByQuadrant(u, shifted);
  const value = v128.bitselect(sinReduced(a), cosReduced(a), oddMask(shifted));
  return negateWhere(value, i32x4.shl(i32x4.add(shifted, i32x4.splat(1)), 30));
}

/** sin(2πu). */
@inline
export function sinTwoPi4(u: v128): v128 {
  const shifted = roundToQuadrant(u), a = reduceByQuadrant(u, shifted);
  const value = v128.bitselect(cosReduced(a), sinReduced(a), oddMask(shifted));
  return negateWhere(value, i32x4.shl(shifted, 30));
}

/** k = round(4u) as ROUNDER + k: a float whose low bits are k. */
@inline
function roundToQuadrant(u: v128): v128 {
  return madd(u, f32x4.splat(4), f32x4.splat(ROUNDER));
}

/** a = (4u - k) π/2, of `shifted` = ROUNDER + k; the difference is exact. */
@inline
function reduceByQuadrant(u: v128, shifted: v128): v128 {
  const k = f32x4.sub(shifted, f32x4.splat(ROUNDER));
  return f32x4.mul(madd(u, f32x4.splat(4), f32x4.neg(k)), f32x4.splat(HALF_PI));
}

@inline
function sinReduced(a: v128): v128 {
  const z = f32x4.mul(a, a);
  let p = madd(f32x4.splat(S3), z, f32x4.splat(S2));
  p = madd(p, z, f32x4.splat(S1));
  return madd(f32x4.mul(p, z), a, a);
}

@inline
function cosReduced(a: v128): v128 {
  const z = f32x4.mul(a, a);
  let p = madd(f32x4.splat(C4), z, f32x4.splat(C3));
  p = madd(p, z, f32x4.splat(C2));
  return madd(f32x4.mul(p, z), z, madd(z, f32x4.splat(-0.5), f32x4.splat(1)));
}

/** All bits of the lanes whose k is odd. */
@inline
function oddMask(shifted: v128): v128 {
  return i32x4.shr_s(i32x4.shl(shifted, 31), 31);
}

/** `x`, negated where the top bit of `sign` is set. */
@inline
function negateWhere(x: v128, sign: v128): v128 {
  return v128.xor(x, v128.and(sign, i32x4.splat(0x80000000)));
}
