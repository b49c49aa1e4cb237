/**
 * The loops of one walk: steps of one level that one workgroup does in turn, for a batch row or for
 * fixed matrices. A stage is one loop over the elements of one shape. A pointwise step joins the loop
 * that makes its operands if they have its own shape, and finds them in registers; any other step
 * needs them in memory and a barrier before it.
 */
import { sameShape, type Shape } from "../../core/shape.ts";
import type { Operand, Step } from "./values.ts";

export interface Stage {
  /** What the loop walks over: a fold's operand, anything else's output. */
  readonly shape: Shape;
  readonly steps: Step[];
}

/** @param steps of one level and one unit, in the order of the plan */
export function stagesOf(steps: readonly Step[]): Stage[] {
  const stages: Stage[] = [], stageOf = new Map<Step, number>();
  for (const step of steps) {
    const shape = walked(step);
    const first = Math.max(0, ...step.inputs.map((operand) => earliest(step, operand, stageOf)));
    const found = isAlone(step) ? -1 : stages.findIndex((stage, i) => {
      return i >= first && sameShape(stage.shape, shape) && !isAlone(stage.steps[0]);
    });
    const index = found < 0 ? stages.push({ shape, steps: [] }) - 1 : found;
    stages[index].steps.push(step);
    stageOf.set(step, index);
  }
  return stages;
}

/** Whether a step finds an operand in a register of the loop it stands in. */
export function isInRegister(step: Step, { value, shape }: Operand): boolean {
  const { madeBy } = value;
  if (!madeBy || step.kernel.form === "indexed" || step.kernel.form === "rowwise") return false;
  if (madeBy.kernel.form !== "pointwise" && madeBy.kernel.form !== "indexed") return false;
  return sameShape(madeBy.output.shape, walked(step)) && sameShape(shape, walked(step));
}

/** Whether anything reads a step's result from memory. */
export function isStored({ output: { value } }: Step, stage: Stage): boolean {
  if (value.kept) return true;
  return value.readers.some((reader) =>
    !stage.steps.includes(reader) ||
    reader.inputs.some((operand) => operand.value === value && !isInRegister(reader, operand))
  );
}

function walked({ kernel, inputs, output }: Step): Shape {
  return kernel.form === "fold" || kernel.form === "rowwise" ? inputs[0].shape : output.shape;
}

function isAlone({ kernel }: Step): boolean {
  return kernel.form === "rowwise";
}

function earliest(
  step: Step,
  operand: Operand,
  stageOf: ReadonlyMap<Step, number>,
): number {
  const { madeBy } = operand.value;
  const stage = madeBy && stageOf.get(madeBy);
  if (stage === undefined) return 0;
  return isInRegister(step, operand) ? stage : stage + 1;
}
