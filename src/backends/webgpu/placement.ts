/** Allocates memory for the values that need it, level by level. A level never reuses memory that it still reads. */
import { Arena } from "../../graph/arena.ts";
import type { Step, Value } from "./values.ts";

/**
 * Sets the offsets of scratch values.
 * @param isStored whether a step's result must be in memory
 * @returns the number of scratch elements needed
 */
export function placeValues(
  all: readonly Value[],
  steps: readonly Step[],
  levels: number,
  isStored: (step: Step) => boolean,
): number {
  const arena = new Arena();
  const scratch = all.filter(({ home }) => home === "scratch");
  for (const value of scratch.filter(({ isPermanent, producer }) => isPermanent || !producer)) {
    value.offset = arena.allocate(value.size);
  }
  const temporaries = steps.filter((step) => {
    const { value } = step.output;
    return value.producer === step && !value.isPermanent && isStored(step);
  });
  for (let level = 0; level < levels; level++) {
    for (const { output: { value } } of temporaries.filter((step) => step.level === level)) {
      value.offset = arena.allocate(value.size);
    }
    for (const { output: { value }, level: made } of temporaries) {
      const last = Math.max(made, ...value.readers.map((reader) => reader.level));
      if (last === level) arena.free(value.offset);
    }
  }
  return arena.length;
}
