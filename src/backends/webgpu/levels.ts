/**
 * Assigns steps to levels. A level is one dispatch; a step's level is the lowest that its operands allow. Steps that
 * stay within one batch row, and steps on small fixed matrices, may share a level with their operands, because one
 * workgroup runs them in order (`stages.ts`). All other steps run a level after their operands. Steps without computed
 * operands, such as noise, move to the level where they are first read.
 *
 * Updates run after every reader of what they change.
 */
import { type Shape, sizeAt } from "../../core/shape.ts";
import type { Step, Values } from "./values.ts";

/**
 * How the work of a step is divided: one workgroup per batch row ("row"), one in total ("single"), one per row of a
 * fixed matrix ("each"), or as its own kind of task defines ("own").
 */
export type Unit = "row" | "single" | "each" | "own";

/** A fixed matrix with more elements is divided by rows. */
const SINGLE_ELEMENTS = 4096;

export function unitOf({ kernel: { form }, output, inputs }: Step): Unit {
  if (form === "product" || form === "columnSum" || form === "norm" || form === "update") {
    return "own";
  }
  if (output.shape.batched) return "row";
  const largest = Math.max(...[output, ...inputs].map(({ shape }) => fixedSize(shape)));
  return largest <= SINGLE_ELEMENTS || output.shape.rows === 1 ? "single" : "each";
}

/**
 * Sets the level of every step, and returns the number of levels.
 * @param fuse if false, every step has its own level, so that shaders are those of single operations, which all plans
 *   share
 */
export function assignLevels({ steps }: Values, fuse: boolean): number {
  if (!fuse) {
    steps.forEach((step, i) => step.level = i);
    return steps.length;
  }
  for (const step of steps) step.level = earliestLevel(step);
  for (const step of steps.toReversed()) {
    const { producer, readers, isPermanent } = step.output.value;
    const isLeaf = step.inputs.every(({ value }) => !value.producer);
    if (producer !== step || !isLeaf || isPermanent || readers.length === 0) continue;
    step.level = Math.min(...readers.map((reader) => reader.level - distance(step, reader)));
  }
  return compact(steps);
}

/** 0 if the reader can run in the same level, 1 if it needs the next. */
function distance(from: Step, reader: Step): 0 | 1 {
  const unit = unitOf(from);
  return (unit === "row" || unit === "single") && unitOf(reader) === unit ? 0 : 1;
}

function earliestLevel(step: Step): number {
  const afterOperands = step.inputs.map(({ value: { producer } }) =>
    producer && producer !== step ? producer.level + distance(producer, step) : 0
  );
  if (step.kernel.form !== "update") return Math.max(0, ...afterOperands);
  const changed = step.inputs.filter(({ value }) => value.home !== "scratch");
  const readers = changed.flatMap(({ value }) => value.readers.filter((each) => each !== step));
  return Math.max(0, ...afterOperands, ...readers.map(({ level }) => level + 1));
}

/** Removes empty levels. */
function compact(steps: readonly Step[]): number {
  const used = [...new Set(steps.map(({ level }) => level))].sort((a, b) => a - b);
  const at = new Map(used.map((level, i) => [level, i]));
  for (const step of steps) step.level = at.get(step.level)!;
  return used.length;
}

function fixedSize(shape: Shape): number {
  return shape.batched ? 0 : sizeAt(shape, 1);
}
