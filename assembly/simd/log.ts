/**
 * ln x for every x > 0, including subnormals; 0 gives -inf, x < 0 gives NaN, +inf and NaN are propagated. log1pUnit4 is
 * ln(1 + u) for u in [0, 1], with full relative accuracy down to u = 0; log1p4 is the same for every u > -1. Errors are
 * at most 2 ulp for log4, 2.5 for log1pUnit4 and 3 for log1p4; measured: docs/accuracy.md (scripts/accuracy.ts).
 *
 *   x = 2ᵉ (1 + f), √½ <= 1 + f < √2; ln x = e·ln 2 + f - f²/2 + f³ p(f)
 *   ln(1 + u) = u + u² U(u) / V(u), V(0) = 1
 *
 * p is the polynomial of Cephes logf (Moshier, 1989). U and V, of degree 2, are our own minimax fit to the relative
 * error of ln(1 + u) on [0, 1] (Lawson's reweighted least squares in float64): 3.8e-8 before rounding the coefficients.
 */
import { constant, MINUS_HALF, ONE } from "../memory";
import { madd } from "./fma";

const LN2_HIGH = memory.data<u32>([0x3f318000], 4); // 0.693359375: e·LN2_HIGH is exact
const LN2_LOW = memory.data<u32>([0xb95e8083], 4); // -2.12194440e-4
const SQRT_HALF = memory.data<u32>([0x3f3504f3], 4); // 0.70710678

const P0 = memory.data<u32>([0x3eaaaaaa], 4); // 0.33333331174
const P1 = memory.data<u32>([0xbe7ffffc], 4); // -0.24999993993
const P2 = memory.data<u32>([0x3e4cceac], 4); // 0.20000714765
const P3 = memory.data<u32>([0xbe2aae50], 4); // -0.16668057665
const P4 = memory.data<u32>([0x3e11e9bf], 4); // 0.14249322787
const P5 = memory.data<u32>([0xbdfe5d4f], 4); // -0.12420140846
const P6 = memory.data<u32>([0x3def251a], 4); // 0.11676998740
const P7 = memory.data<u32>([0xbdebd1b8], 4); // -0.11514610310
const P8 = memory.data<u32>([0x3d9021bb], 4); // 0.070376836292

const U0 = memory.data<u32>([0xbeffffaf], 4); // -0.49999759
const U1 = memory.data<u32>([0xbe8fd346], 4); // -0.28090876
const U2 = memory.data<u32>([0xbb1ee444], 4); // -0.00242449
const V1 = memory.data<u32>([0x3f9d3be6], 4); // 1.2283904
const V2 = memory.data<u32>([0x3ea617b0], 4); // 0.32439948

const SMALLEST_NORMAL = reinterpret<f32>(0x00800000); // 2⁻¹²⁶
const TWO_23 = memory.data<u32>([0x4b000000], 4); // 8388608
const INFINITY_BITS = 0x7f800000;
const NAN_BITS = 0x7fc00000;

/** e·ln 2 + ln(1 + f), for 1 + f in [√½, √2]. */
@inline
function logReduced(f: v128, e: v128): v128 {
  let p = madd(constant(P8), f, constant(P7));
  p = madd(p, f, constant(P6));
  p = madd(p, f, constant(P5));
  p = madd(p, f, constant(P4));
  p = madd(p, f, constant(P3));
  p = madd(p, f, constant(P2));
  p = madd(p, f, constant(P1));
  p = madd(p, f, constant(P0));
  const square = f32x4.mul(f, f);
  let rest = f32x4.mul(p, f32x4.mul(f, square));
  rest = madd(e, constant(LN2_LOW), rest);
  rest = madd(square, constant(MINUS_HALF), rest);
  return madd(e, constant(LN2_HIGH), f32x4.add(f, rest));
}

/** ln x for positive, finite, normal x; `e0` is added to the exponent. */
@inline
function logNormalRange(x: v128, e0: v128): v128 {
  const fromSqrtHalf = i32x4.sub(x, constant(SQRT_HALF));
  const exponent = i32x4.shr_s(fromSqrtHalf, 23);
  const mantissa = i32x4.sub(x, i32x4.shl(exponent, 23));
  const e = f32x4.add(f32x4.convert_i32x4_s(exponent), e0);
  return logReduced(f32x4.sub(mantissa, constant(ONE)), e);
}

/** ln x for positive, finite, normal x only. */
@inline
export function logNormal4(x: v128): v128 {
  return logNormalRange(x, f32x4.splat(0));
}

@inline
export function log4(x: v128): v128 {
  const isSmall = f32x4.lt(x, f32x4.splat(SMALLEST_NORMAL));
  const scaled = v128.bitselect(f32x4.mul(x, constant(TWO_23)), x, isSmall);
  const inside = logNormalRange(scaled, v128.and(isSmall, f32x4.splat(-23)));
  // x = 0: -inf; x < 0: NaN; x = +inf or NaN: x.
  const isNegative = f32x4.lt(x, f32x4.splat(0));
  const atMostZero = v128.bitselect(
    i32x4.splat(NAN_BITS),
    f32x4.splat(-Infinity as f32),
    isNegative,
  );
  const notPositive = f32x4.le(x, f32x4.splat(0));
  const outside = v128.bitselect(atMostZero, x, notPositive);
  const isInside = v128.andnot(f32x4.lt(x, i32x4.splat(INFINITY_BITS)), notPositive);
  return v128.bitselect(inside, outside, isInside);
}

/** ln(1 + u) for u in [0, 1]; -0 and NaN are propagated. */
@inline
export function log1pUnit4(u: v128): v128 {
  let p = madd(constant(U2), u, constant(U1)), q = madd(constant(V2), u, constant(V1));
  p = madd(p, u, constant(U0));
  q = madd(q, u, constant(ONE));
  return madd(f32x4.mul(u, u), f32x4.div(p, q), u);
}

/** `log4` as a call instead of inline, for kernels that compute several logarithms and are not time-critical. */
export function logCalled4(x: v128): v128 {
  return log4(x);
}

/**
 * ln(1 + u); -1 gives -inf, u < -1 NaN, +inf and NaN are propagated. With the rounded w = 1 + u it is ln w · u / (w -
 * 1), which compensates for the rounding (Goldberg, 1991, theorem 4).
 */
export function log1p4(u: v128): v128 {
  const w = f32x4.add(u, constant(ONE)), rounded = f32x4.sub(w, constant(ONE));
  const value = f32x4.mul(logCalled4(w), f32x4.div(u, rounded));
  const isItself = v128.or(
    f32x4.eq(rounded, f32x4.splat(0)),
    f32x4.eq(u, f32x4.splat(Infinity as f32)),
  );
  return v128.bitselect(u, value, isItself);
}
