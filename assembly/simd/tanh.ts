/**
 * tanh(x) for every x: relatively accurate near 0, exactly ±1 from 9.02 on, never beyond, NaN kept.
 * At most 3 ulp off; measured: docs/accuracy.md (scripts/accuracy.ts).
 *
 *   m = e^2|x| - 1, tanh |x| = m / (m + 2)
 *
 * The relative error of m is not amplified for m >= 0. (A rational in x² is up to 1.7 times as fast,
 * but errs by 5 ulp near ±1, where numerator and denominator carry the roundings of many steps.)
 */
import { constant } from "../memory";
import { expm1Inside4 } from "./expm1";

const SATURATION = memory.data<u32>([0x411051ec], 4); // 9.02000046, where m + 2 rounds to m

@inline
export function tanh4(x: v128): v128 {
  const magnitude = f32x4.pmin(f32x4.abs(x), constant(SATURATION));
  const m = expm1Inside4(f32x4.add(magnitude, magnitude));
  const positive = f32x4.div(m, f32x4.add(m, f32x4.splat(2)));
  return v128.or(positive, v128.and(x, i32x4.splat(0x80000000)));
}
