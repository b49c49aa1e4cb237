/**
 * Log-densities in WGSL: Gaussians in log-variance, Bernoulli from logits, the normaliser of the continuous Bernoulli,
 * ratios of gamma functions. Formulas are in `ops/`; functions in `wgsl/densities.ts` and `wgsl/gamma.ts`. Every
 * operand broadcasts. Limits: log-variances in [-30, 20].
 */
import { type Kernels, pointwise } from "./kernel.ts";

export const densities: Kernels<
  | "reparameterize"
  | "gaussianKl"
  | "gaussianLogProb"
  | "gaussianLogProbGradMean"
  | "gaussianLogProbGradLogVar"
  | "bernoulliLogProb"
  | "bernoulliLogProbGrad"
  | "continuousBernoulliLogNorm"
  | "continuousBernoulliLogNormSlope"
  | "logGammaRatio"
  | "logGammaRatioSlope"
> = {
  reparameterize: pointwise((mean, logVar, noise) =>
    `fma(exponential(${logVar} * 0.5), ${noise}, ${mean})`
  ),
  gaussianKl: pointwise((mean, logVar) => `klToStandard(${mean}, ${logVar})`),
  gaussianLogProb: pointwise((x, mean, logVar) => `gaussianLog(${x}, ${mean}, ${logVar})`),
  gaussianLogProbGradMean: pointwise((x, mean, logVar, dy) =>
    `${dy} * gaussianSlopeMean(${x}, ${mean}, ${logVar})`
  ),
  gaussianLogProbGradLogVar: pointwise((x, mean, logVar, dy) =>
    `${dy} * gaussianSlopeLogVar(${x}, ${mean}, ${logVar})`
  ),
  bernoulliLogProb: pointwise((x, logit) => `bernoulliLog(${x}, ${logit})`),
  bernoulliLogProbGrad: pointwise((x, logit, dy) => `${dy} * (${x} - sigmoid(${logit}))`),
  continuousBernoulliLogNorm: pointwise((logit) => `continuousLogNorm(${logit})`),
  continuousBernoulliLogNormSlope: pointwise((logit) => `continuousLogNormSlope(${logit})`),
  logGammaRatio: pointwise((a, d) => `gammaRatio(${a}, ${d})`),
  logGammaRatioSlope: pointwise((a, d) => `gammaRatioSlope(${a}, ${d})`),
};
