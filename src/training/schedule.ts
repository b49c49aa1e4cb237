/**
 * What changes from step to step, as functions of the step alone. No function of the host that may
 * differ between machines is on the path.
 */
import { cosineRamp } from "../core/stable.ts";
import type { Objective } from "../objectives/objective.ts";
import type { Optimizer } from "./options.ts";

/** beta, reached along a line over the warm-up; step counts from 0. */
export function klWeightAt(
  { beta, warmUpEpochs }: Objective,
  step: number,
  stepsPerEpoch: number,
): number {
  if (warmUpEpochs === 0) return beta;
  return beta * Math.min(1, (step + 1) / (warmUpEpochs * stepsPerEpoch));
}

/** The learning rate of a step out of `steps`. */
export function learningRateAt(
  { learningRate, decay }: Optimizer,
  step: number,
  steps: number,
): number {
  return decay === "cosine" ? learningRate * cosineRamp(Math.min(1, step / steps)) : learningRate;
}
