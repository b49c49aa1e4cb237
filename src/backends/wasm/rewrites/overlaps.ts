/** Which places share memory, and who reads a result: what a rewrite of a plan must not break. */
import { sizeAt } from "../../../core/shape.ts";
import type { Place, Plan } from "../../../graph/plan.ts";

/** Whether two places share no memory. */
export function areDisjoint(a: Place, b: Place, capacity: number): boolean {
  if (a.segment !== b.segment) return true;
  const endOf = ({ offset, shape }: Place) => offset + sizeAt(shape, capacity);
  return endOf(a) <= b.offset || endOf(b) <= a.offset;
}

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
