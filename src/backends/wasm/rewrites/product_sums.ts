/**
 * a·bᵀ + c·dᵀ as one product: the gradient of what two layers read, such as the heads for a mean and a log-variance.
 * The terms of both are one sum, so neither product is stored, and each tile of the result is written once.
 *
 * In the plan it becomes a `matmul` of four inputs, in the place of the first product.
 */
import { sameShape } from "../../../core/shape.ts";
import type { Instruction, Place, Plan } from "../../../graph/plan.ts";
import { isReadElsewhere } from "./readers.ts";
import { areDisjoint } from "./searches.ts";

/** Terms of a block of a sum: BLOCK_DEPTH of assembly/matmul/block.ts. */
const MAX_TERMS = 800;

export function withProductSums(plan: Plan): Plan {
  const replaced = new Map<Instruction, Instruction | undefined>();
  plan.instructions.forEach((sum, at) => {
    const [first, second] = sum.op === "add" ? productsOf(plan, sum) : [];
    if (second === undefined || !canMove(plan, first, second, at)) return;
    const [left, right] = [plan.instructions[first], plan.instructions[second]];
    replaced.set(left, { ...left, inputs: [...left.inputs, ...right.inputs], output: sum.output });
    replaced.set(right, undefined).set(sum, undefined);
  });
  const instructions = plan.instructions.flatMap((each) =>
    replaced.has(each) ? replaced.get(each) ?? [] : each
  );
  return { ...plan, instructions };
}

/** The indices of the products a·bᵀ that an instruction reads, in order. */
function productsOf({ instructions }: Plan, { inputs }: Instruction): readonly number[] {
  return instructions.flatMap(({ op, attrs, output }, i) => {
    const isProduct = op === "matmul" && attrs.transposeA === false && attrs.transposeB === true;
    return isProduct && inputs.includes(output) ? [i] : [];
  });
}

/**
 * Whether a sum can be computed where its first product is: nobody else needs the products, all operands are there, and
 * nothing else uses the memory of the sum until then.
 */
function canMove(plan: Plan, first: number, second: number, sum: number): boolean {
  const { instructions, capacity } = plan, { output } = instructions[sum];
  // A product of one row is added to every row of the other.
  if ([first, second].some((at) => !sameShape(instructions[at].output.shape, output.shape))) {
    return false;
  }
  const overlaps = (a: Place) => (b: Place) => !areDisjoint(a, b, capacity);
  const given = instructions[second].inputs, all = [...instructions[first].inputs, ...given];
  const terms = all[0].shape.cols + given[0].shape.cols;
  if (terms > MAX_TERMS || all.some(overlaps(output))) return false;
  if ([first, second].some((product) => isReadElsewhere(plan, product, sum))) return false;
  return instructions.slice(first + 1, sum).every(({ inputs, output: written }, i) => {
    const at = first + 1 + i;
    return at === second ||
      !(overlaps(output)(written) || inputs.some(overlaps(output)) ||
        at < second && given.some(overlaps(written)));
  });
}
