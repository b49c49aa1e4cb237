/**
 * Log-densities and their derivatives in WGSL, per element, in nats. Formulas: `ops/gaussian.ts`, `ops/bernoulli.ts`,
 * `ops/continuous_bernoulli.ts`. The order of terms, and so the accuracy, is that of the kernels in `assembly/`.
 *
 *   bindings   control, for a NaN that no compiler can assume away
 *   dispatch   none: functions of one element, called by kernels
 *   limits     log-variances in [-30, 20]; any logits, and NaN is propagated
 */
import { CONTROL_WORDS } from "../layout.ts";

export const DENSITIES: Readonly<Record<string, string>> = {
  klToStandard: `
fn klToStandard(mean: f32, logVar: f32) -> f32 {
  return fma(mean, mean, expm1LessX(logVar)) * 0.5;
}`,
  gaussianLog: `
fn gaussianLog(x: f32, mean: f32, logVar: f32) -> f32 {
  let deviation = x - mean;
  return fma(deviation, deviation * exponential(-logVar), logVar + 1.83787704) * -0.5;
}`,
  gaussianSlopeMean: `
fn gaussianSlopeMean(x: f32, mean: f32, logVar: f32) -> f32 {
  return (x - mean) * exponential(-logVar);
}`,
  gaussianSlopeLogVar: `
fn gaussianSlopeLogVar(x: f32, mean: f32, logVar: f32) -> f32 {
  let deviation = x - mean;
  return fma(deviation, deviation * exponential(-logVar), -1.0) * 0.5;
}`,
  bernoulliLog: `
fn bernoulliLog(x: f32, logit: f32) -> f32 {
  return fma(x, logit, -max(logit, 0.0)) - softplusTail(logit);
}`,
  // ln (t / tanh(t / 2)), with t = |l| kept above 0.
  continuousLogNorm: `
fn continuousLogNorm(logit: f32) -> f32 {
  if (isNan(logit)) { return logit; }
  let t = max(abs(logit), 1e-30);
  return logarithm(t / hyperbolicTangent(t * 0.5));
}`,
  // 1/l - 1/sinh l. Near 0, where the two cancel, our own minimax polynomial.
  continuousLogNormSlope: `
fn continuousLogNormSlope(logit: f32) -> f32 {
  let square = logit * logit;
  if (square < 4.0) {
    var g = fma(-5.36309086e-9, square, 1.38884417e-7);
    g = fma(g, square, -1.93022993e-6);
    g = fma(g, square, 2.09347654e-5);
    g = fma(g, square, -2.09597885e-4);
    g = fma(g, square, 0.00205007521);
    g = fma(g, square, -0.0194444079);
    return fma(g, square, 0.166666672) * logit;
  }
  let small = exponential(-abs(logit));
  let cosecant = (small + small) / fma(-small, small, 1.0);
  return 1.0 / logit - withSign(cosecant, logit);
}`,
  // min(1, maxNorm / √s); NaN unless s is finite, so that a step scaled by it changes nothing.
  clipScale: `
fn clipScale(squaredNorm: f32, maxNorm: f32) -> f32 {
  if (!isFinite(squaredNorm)) { return bitcast<f32>(control[${CONTROL_WORDS.notANumber}]); }
  if (squaredNorm <= 0.0) { return 1.0; }
  return min(1.0, maxNorm / sqrt(squaredNorm));
}`,
};
