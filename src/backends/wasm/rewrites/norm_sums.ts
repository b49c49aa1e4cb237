/**
 * The squared norm of all gradients, without its sums: each `squaredNorm` adds to the norms before it, where they were
 * added as numbers, one instruction for each parameter. No bit changes.
 *
 * In the plan it becomes a `squaredNorm` of two inputs: x, and the number that its own norm is added to.
 */
import type { Instruction, Plan } from "../../../graph/plan.ts";
import { isReadElsewhere } from "./readers.ts";
import { areDisjoint } from "./searches.ts";

export function withNormSums(plan: Plan): Plan {
  const { instructions, capacity } = plan;
  const replaced = new Map<Instruction, Instruction | undefined>();
  instructions.forEach((sum, at) => {
    if (sum.op !== "add") return;
    const [before, last] = sum.inputs;
    const from = instructions.findLastIndex(({ output }, i) => i < at && output === last);
    const norm = instructions[from];
    if (norm?.op !== "squaredNorm" || before === last || isReadElsewhere(plan, from, at)) return;
    const [x] = norm.inputs, between = instructions.slice(from, at + 1);
    if (!isNumber(before) || between.some(({ output }) => !areDisjoint(output, x, capacity))) {
      return;
    }
    replaced.set(norm, undefined);
    replaced.set(sum, { ...norm, inputs: [x, before], output: sum.output });
  });
  return {
    ...plan,
    instructions: instructions.flatMap((each) =>
      replaced.has(each) ? replaced.get(each) ?? [] : each
    ),
  };
}

const isNumber = ({ shape: { rows, cols, batched } }: Instruction["output"]): boolean =>
  rows * cols === 1 && !batched;
