/**
 * eˣ - 1 for x <= 88, error at most 3 ulp, and eˣ - 1 - x for x >= -1e7, error at most 4 ulp. Both are accurate near 0
 * and propagate NaN. Measured: docs/accuracy.md (scripts/accuracy.ts).
 *
 *   eˣ - 1 = 2ⁿ (eʳ - 1) + (2ⁿ - 1), with n and r as in exp.ts
 *   eˣ - 1 - x = x² g(x) for |x| < 1; elsewhere as written, since little cancels
 *
 * g is our own minimax polynomial for (eˣ - 1 - x) / x² on [-1, 1]: relative error 4.3e-9 before rounding its
 * coefficients (Lawson's reweighted least squares in float64).
 */
import { constant, ONE } from "../memory";
import { exp4, expm1Reduced, reduceByLn2, roundToLn2 } from "./exp";
import { madd } from "./fma";

const MINUS_ONE_BELOW: f32 = -20; // e⁻²⁰ = 2e-9: float32 expm1 is -1 from here on

const G0 = memory.data<u32>([0x3f000000], 4); // 0.5
const G1 = memory.data<u32>([0x3e2aaaab], 4); // 0.166666672
const G2 = memory.data<u32>([0x3d2aaabd], 4); // 0.0416667350
const G3 = memory.data<u32>([0x3c088870], 4); // 0.00833331048
const G4 = memory.data<u32>([0x3ab5ffd8], 4); // 0.00138854515
const G5 = memory.data<u32>([0x39501466], 4); // 1.98440248e-4
const G6 = memory.data<u32>([0x37d4b115], 4); // 2.53548291e-5
const G7 = memory.data<u32>([0x363a0b63], 4); // 2.77227886e-6

/** eˣ - 1, for x <= 88. */
@inline
export function expm14(x: v128): v128 {
  return expm1Inside4(f32x4.pmax(x, f32x4.splat(MINUS_ONE_BELOW)));
}

/** eˣ - 1, for x in [-20, 88]. */
@inline
export function expm1Inside4(x: v128): v128 {
  const shifted = roundToLn2(x);
  // Shifts n into the exponent field; adding the bits of 1 adds the exponent bias.
  const scale = i32x4.add(i32x4.shl(shifted, 23), constant(ONE));
  const reduced = expm1Reduced(reduceByLn2(x, shifted));
  return madd(reduced, scale, f32x4.sub(scale, constant(ONE)));
}

/** eˣ - 1 - x, never negative. Vectors all near 0, as of unused dimensions, or all far, take only their formula. */
@inline
export function expm1LessX4(x: v128): v128 {
  const isNear = f32x4.lt(f32x4.abs(x), constant(ONE));
  let near = isNear;
  if (v128.any_true(isNear)) {
    let g = madd(constant(G7), x, constant(G6));
    g = madd(g, x, constant(G5));
    g = madd(g, x, constant(G4));
    g = madd(g, x, constant(G3));
    g = madd(g, x, constant(G2));
    g = madd(g, x, constant(G1));
    g = madd(g, x, constant(G0));
    near = f32x4.mul(g, f32x4.mul(x, x));
    if (i32x4.all_true(isNear)) return near;
  }
  const far = f32x4.sub(f32x4.sub(exp4(x), constant(ONE)), x);
  return v128.bitselect(near, far, isNear);
}
