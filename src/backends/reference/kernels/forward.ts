/** One kernel for each operation that scoring runs. An operation without one does not compile. */
import type { ForwardOp } from "../../../ops/names.ts";
import { type Unsupported, unsupported } from "../../backend.ts";
import { bernoulliLogProb } from "./bernoulli.ts";
import {
  continuousBernoulliLogNorm,
  continuousBernoulliLogNormSlope,
} from "./continuous_bernoulli.ts";
import {
  activation,
  add,
  affine,
  clamp,
  div,
  exp,
  lessThan,
  log,
  log1p,
  mul,
  sub,
} from "./elementwise.ts";
import { logGammaRatio } from "./gamma.ts";
import { gaussianKl, gaussianLogProb, reparameterize } from "./gaussian.ts";
import { concatCols, padCols, sliceCols } from "./layout.ts";
import { dense, matmul } from "./linear.ts";
import { randomNormal, randomUniform } from "./random.ts";
import {
  broadcast,
  logSumExpCols,
  repeatRows,
  smallestCols,
  softmaxCols,
  sumCols,
  sumGroups,
  sumRows,
} from "./reductions.ts";
import type { Kernel } from "./view.ts";

const VIEW = unsupported("a view: no kernel runs");

export const FORWARD_KERNELS = {
  dense,
  matmul,
  activation,
  exp,
  log,
  add,
  sub,
  mul,
  div,
  affine,
  clamp,
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
  bernoulliLogProb,
  randomNormal,
  randomUniform,
  lessThan,
  log1p,
  logGammaRatio,
  continuousBernoulliLogNorm,
  continuousBernoulliLogNormSlope,
  smallestCols,
} satisfies { readonly [N in ForwardOp]: Kernel<N> | Unsupported };
