/** The catalogue: one spec per operation. A name without a spec does not compile. */
import { bernoulliLogProb, bernoulliLogProbGrad } from "./bernoulli.ts";
import {
  continuousBernoulliLogNorm,
  continuousBernoulliLogNormSlope,
} from "./continuous_bernoulli.ts";
import {
  activation,
  activationGrad,
  add,
  affine,
  clamp,
  clampGrad,
  div,
  exp,
  lessThan,
  log,
  log1p,
  mul,
  sub,
} from "./elementwise.ts";
import { logGammaRatio, logGammaRatioSlope } from "./gamma.ts";
import {
  gaussianKl,
  gaussianLogProb,
  gaussianLogProbGradLogVar,
  gaussianLogProbGradMean,
  reparameterize,
} from "./gaussian.ts";
import { concatCols, padCols, reshape, sliceCols, stopGradient } from "./layout.ts";
import { dense, matmul } from "./linear.ts";
import { adamStep, clipScale, sgdStep } from "./optimizer.ts";
import { randomNormal, randomUniform } from "./random.ts";
import {
  broadcast,
  logSumExpCols,
  repeatRows,
  smallestCols,
  softmaxCols,
  squaredNorm,
  sumCols,
  sumGroups,
  sumRows,
} from "./reductions.ts";
import type { OpName } from "./names.ts";
import type { OpSpec } from "./spec.ts";

/**
 * In the order of `OP_NAMES`, which a test holds. Library code takes the names from here: bundles then hold them once.
 */
export const OPS: { readonly [N in OpName]: OpSpec<N> } = {
  dense,
  matmul,
  activation,
  activationGrad,
  exp,
  log,
  add,
  sub,
  mul,
  div,
  affine,
  clamp,
  clampGrad,
  sumRows,
  sumCols,
  broadcast,
  repeatRows,
  sumGroups,
  reshape,
  stopGradient,
  sliceCols,
  padCols,
  concatCols,
  logSumExpCols,
  softmaxCols,
  reparameterize,
  gaussianKl,
  gaussianLogProb,
  gaussianLogProbGradMean,
  gaussianLogProbGradLogVar,
  bernoulliLogProb,
  bernoulliLogProbGrad,
  randomNormal,
  squaredNorm,
  clipScale,
  adamStep,
  sgdStep,
  randomUniform,
  lessThan,
  log1p,
  logGammaRatio,
  logGammaRatioSlope,
  continuousBernoulliLogNorm,
  continuousBernoulliLogNormSlope,
  smallestCols,
};
