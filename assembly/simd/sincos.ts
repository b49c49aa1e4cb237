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

/** ROUNDER + round(4u): a float whose lowest two bits are the quadrant. */
@inline
export function quadrant4(u: v128): v128 {
  return madd(u, f32x4.splat(4), f32x4.splat(ROUNDER));
}

/** a = (4u - k) π/2; the difference is exact. */
@inline
export function angle4(u: v128, quadrant: v128): v128 {
  const k = f32x4.sub(quadrant, f32x4.splat(ROUNDER));
  return f32x4.mul(f32x4.sub(f32x4.mul(u, f32x4.splat(4)), k), f32x4.splat(HALF_PI));
}

/** sin a for |a| <= π/4. */
@inline
export function sinReduced(a: v128): v128 {
  const z = f32x4.mul(a, a);
  let p = madd(f32x4.splat(S3), z, f32x4.splat(S2));
  p = madd(p, z, f32x4.splat(S1));
  return madd(f32x4.mul(p, z), a, a);
}

/** cos a for |a| <= π/4. */
@inline
export function cosReduced(a: v128): v128 {
  const z = f32x4.mul(a, a);
  let p = madd(f32x4.splat(C4), z, f32x4.splat(C3));
  p = madd(p, z, f32x4.splat(C2));
  return madd(f32x4.mul(p, z), z, madd(z, f32x4.splat(-0.5), f32x4.splat(1)));
}

/** cos(2πu), of the reduced cosine and sine. */
@inline
export function cosInQuadrant(cos: v128, sin: v128, quadrant: v128): v128 {
  const sign = i32x4.shl(i32x4.add(quadrant, i32x4.splat(1)), 30);
  return withSign(v128.bitselect(sin, cos, isOdd(quadrant)), sign);
}

/** sin(2πu), of the reduced cosine and sine. */
@inline
export function sinInQuadrant(cos: v128, sin: v128, quadrant: v128): v128 {
  return withSign(v128.bitselect(cos, sin, isOdd(quadrant)), i32x4.shl(quadrant, 30));
}

@inline
function isOdd(quadrant: v128): v128 {
  return i32x4.shr_s(i32x4.shl(quadrant, 31), 31);
}

/** `x`, negated where the top bit of `sign` is set. */
@inline
function withSign(x: v128, sign: v128): v128 {
  return v128.xor(x, v128.and(sign, i32x4.splat(0x80000000)));
}
