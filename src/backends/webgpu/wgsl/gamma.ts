/**
 * Ratios of gamma functions in WGSL, with the series and the order of terms of `assembly/gamma.ts` and
 * `assembly/simd/gamma.ts`, whose headers contain the formulas.
 *
 *   bindings   none
 *   dispatch   none: functions of one element, called by kernels
 *   limits     a > 0 and a + d > 0
 */
export const GAMMA: Readonly<Record<string, string>> = {
  stirlingTail: `
fn stirlingTail(w: f32) -> f32 {
  let r = 1.0 / w;
  let square = r * r;
  return fma(fma(7.9365081e-4, square, -2.7777778e-3), square, 0.083333336) * r;
}`,
  slopeTail: `
fn slopeTail(w: f32) -> f32 {
  let r = 1.0 / w;
  let square = r * r;
  return fma(fma(3.968254e-3, square, -8.333334e-3), square, 0.083333336) * square;
}`,
  risingProduct: `
fn risingProduct(s: f32) -> f32 {
  if (s >= 8.0) { return 1.0; }
  let q = s * (s + 7.0);
  return (q * (q + 6.0)) * ((q + 10.0) * (q + 12.0));
}`,
  harmonicSum: `
fn harmonicSum(s: f32) -> f32 {
  if (s >= 8.0) { return 0.0; }
  let q = s * (s + 7.0);
  let lower = (q + q + 6.0) / (q * (q + 6.0));
  let upper = (q + q + 22.0) / ((q + 10.0) * (q + 12.0));
  return (s + s + 7.0) * (lower + upper);
}`,
  shiftOf: `fn shiftOf(s: f32) -> f32 { return select(0.0, 8.0, s < 8.0); }`,

  gammaRatio: `
fn gammaRatio(a: f32, d: f32) -> f32 {
  let b = a + d;
  let wa = a + shiftOf(a);
  let wb = b + shiftOf(b);
  let step = d + (shiftOf(b) - shiftOf(a));
  let stretch = (wb - 0.5) * log1p(step / wa);
  let tails = stirlingTail(wb) - stirlingTail(wa);
  // Without a shift both products are equal, but a compiler may fuse one of them, and then the difference is not 0.
  var power = 0.0;
  if (a < 8.0) { power = step * logarithm(wa) - d * logarithm(a); }
  let shifted = power + logarithm(risingProduct(a) / risingProduct(b));
  return ((stretch - step) + tails) + shifted;
}`,
  gammaRatioSlope: `
fn gammaRatioSlope(a: f32, d: f32) -> f32 {
  let b = a + d;
  let wa = a + shiftOf(a);
  let wb = b + shiftOf(b);
  let step = d + (shiftOf(b) - shiftOf(a));
  let ratio = step / wa;
  let excess = log1p(ratio) - d / a;
  let first = ratio * 0.5 / wb;
  let tails = slopeTail(wa) - slopeTail(wb);
  let sums = harmonicSum(a) - harmonicSum(b);
  return (excess + sums) + (first + tails);
}`,
};
