/** Maps the places of a plan to elements of the host's memory. */
import { sizeAt } from "../../core/shape.ts";
import type { Place, Plan } from "../../graph/plan.ts";
import type { Segments } from "../backend.ts";
import { requireRange } from "./checks.ts";
import { allocationOf, type Host } from "./segment.ts";

/** Returns a function that maps a place to its first element, given the first element of scratch. */
export function placer(host: Host, plan: Plan, { parameters, state }: Segments) {
  const shared = {
    parameters: allocationOf(host, parameters),
    state: state && allocationOf(host, state),
  };
  return ({ segment, offset, shape }: Place, scratch: number): number => {
    const length = segment === "scratch" ? plan.scratchLength : shared[segment]?.length;
    if (length === undefined) {
      throw new RangeError(`Cannot compile: the plan needs a segment for ${segment}`);
    }
    requireRange(`place ${segment}`, offset, sizeAt(shape, plan.capacity), length);
    return offset + (segment === "scratch" ? scratch : shared[segment]!.index("compile"));
  };
}

/** Writes a plan's constants into scratch memory, where they persist. */
export function writeConstants(
  { memory }: Host,
  { constants }: Plan,
  elementOf: (place: Place) => number,
): void {
  for (const { place, value, step } of constants) {
    const first = elementOf(place);
    for (let i = 0; i < place.shape.cols; i++) memory.f32[first + i] = value + step * i;
  }
}
