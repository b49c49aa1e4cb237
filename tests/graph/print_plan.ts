/** A plan as text, one instruction per line, to store and to compare. */
import { showShape } from "../../src/core/shape.ts";
import type { Attributes } from "../../src/ops/spec.ts";
import type { Place, Plan } from "../../src/graph/plan.ts";

/** Lines like `dense{activation=tanh} scratch+0 [B, 4] <- …`, after a header with sizes and names. */
export function printPlan(plan: Plan): string {
  const named = (kind: string, places: ReadonlyMap<string, Place>) =>
    [...places].map(([name, place]) => `${kind} ${name} ${showPlace(place)}`);
  return [
    `capacity ${plan.capacity} rows, scratch ${plan.scratchLength} elements`,
    ...named("input", plan.inputs),
    ...plan.constants.map(({ place, value, step }) =>
      `constant ${value}${step === 0 ? "" : ` + ${step} i`} ${showPlace(place)}`
    ),
    ...plan.instructions.map(({ op, attrs, inputs, output }) =>
      `${op}${showAttributes(attrs)} ${showPlace(output)} <- ${inputs.map(showPlace).join(", ")}`
    ),
    ...named("output", plan.outputs),
  ].join("\n");
}

function showPlace({ segment, offset, shape }: Place): string {
  return `${segment}+${offset} ${showShape(shape)}`;
}

function showAttributes(attrs: Attributes): string {
  const entries = Object.entries(attrs);
  return entries.length === 0 ? "" : `{${entries.map(([key, v]) => `${key}=${v}`).join(" ")}}`;
}
