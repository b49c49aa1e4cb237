/** Plans that the score build of the kernels cannot run. */
import type { Plan } from "../../graph/plan.ts";
import { TRAINING_OPS } from "../../ops/names.ts";

/** @throws RangeError if a plan needs kernels that the score build lacks */
export function requireForward({ instructions }: Plan): void {
  const lacking = instructions.find(({ op }) => TRAINING_OPS.includes(op));
  if (!lacking) return;
  throw new RangeError(
    `Cannot compile ${lacking.op}: training needs all kernels: these are the score build`,
  );
}
