/**
 * The loops of one walk: steps of one level that one workgroup runs in order, for a batch row or for fixed matrices. A
 * stage is one loop over the elements of one shape. A pointwise step joins the loop that computes its operands if they
 * have its shape, and reads them from registers; any other step needs them in memory, after a barrier.
 */
import { sameShape, type Shape } from "../../core/shape.ts";
import type { Operand, Step } from "./values.ts";

export interface Stage {
  /** The shape the loop iterates over: a fold's operand, or the output of any other step. */
  readonly shape: Shape;
  readonly steps: Step[];
}

/** @param steps all of one level and one unit, in plan order */
export function stagesOf(steps: readonly Step[]): Stage[] {
  const stages: Stage[] = [], stageOf = new Map<Step, number>();
  for (const step of steps) {
    const shape = loopShape(step);
    const first = Math.max(
      0,
      ...step.inputs.map((operand) => earliestStage(step, operand, stageOf)),
    );
    const found = needsOwnStage(step) ? -1 : stages.findIndex((stage, i) => {
      return i >= first && sameShape(stage.shape, shape) && !needsOwnStage(stage.steps[0]);
    });
    const index = found < 0 ? stages.push({ shape, steps: [] }) - 1 : found;
    stages[index].steps.push(step);
    stageOf.set(step, index);
  }
  return stages;
}

/** Whether a step reads an operand from a register of its own loop. */
export function isInRegister(step: Step, { value, shape }: Operand): boolean {
  const { producer } = value;
  if (!producer || step.kernel.form === "indexed" || step.kernel.form === "rowwise") return false;
  if (producer.kernel.form !== "pointwise" && producer.kernel.form !== "indexed") return false;
  return sameShape(producer.output.shape, loopShape(step)) && sameShape(shape, loopShape(step));
}

/** Whether anything reads a step's result from memory. */
export function isStored({ output: { value } }: Step, stage: Stage): boolean {
  if (value.isPermanent) return true;
  return value.readers.some((reader) =>
    !stage.steps.includes(reader) ||
    reader.inputs.some((operand) => operand.value === value && !isInRegister(reader, operand))
  );
}

function loopShape({ kernel, inputs, output }: Step): Shape {
  return kernel.form === "fold" || kernel.form === "rowwise" ? inputs[0].shape : output.shape;
}

function needsOwnStage({ kernel }: Step): boolean {
  return kernel.form === "rowwise";
}

function earliestStage(
  step: Step,
  operand: Operand,
  stageOf: ReadonlyMap<Step, number>,
): number {
  const { producer } = operand.value;
  const stage = producer && stageOf.get(producer);
  if (stage === undefined) return 0;
  return isInRegister(step, operand) ? stage : stage + 1;
}
