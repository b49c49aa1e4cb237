/** Argument checks for WebAssembly: those of every backend, and plans that need training kernels. */
import type { Plan } from "../../graph/plan.ts";
import { isTrainingOp } from "../../ops/names.ts";

export { disposed, named, requireRange, requireRows, requireWords } from "../checks.ts";

/** @throws RangeError if a plan needs kernels that the score build lacks */
export function requireForward({ instructions }: Plan): void {
  const trainingStep = instructions.find(({ op }) => isTrainingOp(op));
  if (!trainingStep) return;
  throw new RangeError(
    `Cannot compile ${trainingStep.op}: training needs all kernels: these are the score build`,
  );
}
