/**
 * Ratios of gamma functions, per element. Formulas: src/ops/gamma.ts; series: simd/gamma.ts; loops and broadcasting:
 * simd/stretch.ts. Sizes in elements, pointers in bytes.
 *
 * With w the argument shifted to 8 or more and D = w(a + d) - w(a), nothing large cancels:
 *
 *   logGammaRatio       (w(a+d) - ½) log1p(D / w(a)) - D + tail(w(a+d)) - tail(w(a))
 *                       + (D ln w(a) - d ln a) + ln (product(a) / product(a+d))
 *   logGammaRatioSlope  log1p(D / w(a)) - d / a + D / (2 w(a) w(a+d))
 *                       + slopeTail(w(a)) - slopeTail(w(a+d)) + harmonic(a) - harmonic(a+d)
 */
import {
  harmonicSum,
  isLow,
  risingProduct,
  shiftOf,
  slopeTail,
  stirlingTail,
} from "./simd/gamma";
import { log1p4, logCalled4 } from "./simd/log";
import { map2 } from "./simd/stretch";

@unmanaged
class LogGammaRatio {
  @inline
  at(a: v128, d: v128): v128 {
    const b = f32x4.add(a, d), aLow = isLow(a), bLow = isLow(b);
    const wa = f32x4.add(a, shiftOf(aLow)), wb = f32x4.add(b, shiftOf(bLow));
    const step = f32x4.add(d, f32x4.sub(shiftOf(bLow), shiftOf(aLow)));
    const stretch = f32x4.mul(f32x4.sub(wb, f32x4.splat(0.5)), log1p4(f32x4.div(step, wa)));
    const tails = f32x4.sub(stirlingTail(wb), stirlingTail(wa));
    // Never fused: if nothing is shifted, the two products are equal and must cancel exactly.
    const power = f32x4.sub(f32x4.mul(step, logCalled4(wa)), f32x4.mul(d, logCalled4(a)));
    const products = f32x4.div(risingProduct(a, aLow), risingProduct(b, bLow));
    const shifted = f32x4.add(power, logCalled4(products));
    return f32x4.add(f32x4.add(f32x4.sub(stretch, step), tails), shifted);
  }
}

export function logGammaRatio(
  out: usize,
  rows: i32,
  cols: i32,
  a: usize,
  aRows: i32,
  aCols: i32,
  d: usize,
  dRows: i32,
  dCols: i32,
): void {
  map2<LogGammaRatio>(out, rows, cols, a, aRows, aCols, d, dRows, dCols);
}

@unmanaged
class LogGammaRatioSlope {
  @inline
  at(a: v128, d: v128): v128 {
    const b = f32x4.add(a, d), aLow = isLow(a), bLow = isLow(b);
    const wa = f32x4.add(a, shiftOf(aLow)), wb = f32x4.add(b, shiftOf(bLow));
    const step = f32x4.add(d, f32x4.sub(shiftOf(bLow), shiftOf(aLow)));
    const ratio = f32x4.div(step, wa);
    const excess = f32x4.sub(log1p4(ratio), f32x4.div(d, a));
    const first = f32x4.div(f32x4.mul(ratio, f32x4.splat(0.5)), wb);
    const tails = f32x4.sub(slopeTail(wa), slopeTail(wb));
    const sums = f32x4.sub(harmonicSum(a, aLow), harmonicSum(b, bLow));
    return f32x4.add(f32x4.add(excess, sums), f32x4.add(first, tails));
  }
}

export function logGammaRatioSlope(
  out: usize,
  rows: i32,
  cols: i32,
  a: usize,
  aRows: i32,
  aCols: i32,
  d: usize,
  dRows: i32,
  dCols: i32,
): void {
  map2<LogGammaRatioSlope>(out, rows, cols, a, aRows, aCols, d, dRows, dCols);
}
