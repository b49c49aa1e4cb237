/** Who reads a result before it is overwritten: what a rewrite of a plan must not break. */
import type { Place, Plan } from "../../../graph/plan.ts";
import { areDisjoint } from "./searches.ts";

/** Whether any instruction but `reader` reads the result of instruction `writer`. */
export function isReadElsewhere(
  { instructions, outputs, capacity }: Plan,
  writer: number,
  reader: number,
): boolean {
  const { output: place } = instructions[writer];
  const overlaps = (other: Place) => !areDisjoint(place, other, capacity);
  for (let i = writer + 1; i < instructions.length; i++) {
    if (i !== reader && instructions[i].inputs.some(overlaps)) return true;
    if (overlaps(instructions[i].output)) return false;
  }
  return [...outputs.values()].some(overlaps);
}
