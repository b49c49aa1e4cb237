/** One kernel for each operation. An operation without one does not compile. */
import type { OpName } from "../../../ops/names.ts";
import { type KernelTable, type Unsupported, unsupported } from "../../backend.ts";
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
import { concatCols, padCols, sliceCols } from "./layout.ts";
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
import type { Kernel } from "./view.ts";

const VIEW = unsupported("a view: no kernel runs");

export const KERNELS = {
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
  reshape: VIEW,
  stopGradient: VIEW,
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
} satisfies
  & KernelTable<(...args: never) => void>
  & { readonly [N in OpName]: Kernel<N> | Unsupported };
