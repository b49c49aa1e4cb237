/** One kernel for each operation: those of scoring, and those that only training runs. */
import type { OpName } from "../../../ops/names.ts";
import type { KernelTable, Unsupported } from "../../backend.ts";
import { bernoulliLogProbGrad } from "./bernoulli.ts";
import { activationGrad, clampGrad } from "./elementwise.ts";
import { FORWARD_KERNELS } from "./forward.ts";
import { logGammaRatioSlope } from "./gamma.ts";
import { gaussianLogProbGradLogVar, gaussianLogProbGradMean } from "./gaussian.ts";
import { adamStep, clipScale, sgdStep } from "./optimizer.ts";
import { squaredNorm } from "./reductions.ts";
import type { Kernel } from "./view.ts";

/** The kernels of a reference backend, which may lack those of training. */
export type ReferenceKernels = typeof FORWARD_KERNELS & Partial<typeof KERNELS>;

export const KERNELS = {
  ...FORWARD_KERNELS,
  activationGrad,
  clampGrad,
  gaussianLogProbGradMean,
  gaussianLogProbGradLogVar,
  bernoulliLogProbGrad,
  squaredNorm,
  clipScale,
  adamStep,
  sgdStep,
  logGammaRatioSlope,
} satisfies
  & KernelTable<(...args: never) => void>
  & { readonly [N in OpName]: Kernel<N> | Unsupported };
