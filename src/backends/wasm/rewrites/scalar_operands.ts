/**
 * The gradient of a mean is one number, spread over a column. Elementwise kernels take a number once, but a column row
 * by row, in a loop that starts anew for each. So a column of one number is read as the scalar at its start. No bit
 * changes.
 */
import { SCALAR } from "../../../core/shape.ts";
import type { Instruction, Place, Plan } from "../../../graph/plan.ts";
import { OPS } from "../../../ops/catalogue.ts";

export function withScalarOperands(plan: Plan): Plan {
  /** Where such columns lie, in scratch memory. */
  const spread = new Set<number>();
  const isSpread = ({ segment, offset, shape }: Place) =>
    segment === "scratch" && shape.cols === 1 && spread.has(offset);
  const instructions = plan.instructions.map((instruction) => {
    const { op, inputs, output } = instruction;
    // A result of one column may overwrite its operand, which other threads then still read.
    const isElementwise = OPS[op].inPlace && output.shape.cols > 1;
    const operands = inputs.map((each) =>
      isElementwise && isSpread(each) ? { ...each, shape: SCALAR } : each
    );
    if (spreadsScalar(instruction)) spread.add(output.offset);
    else if (output.segment === "scratch") spread.delete(output.offset);
    return { ...instruction, inputs: operands };
  });
  return { ...plan, instructions };
}

function spreadsScalar({ op, inputs: [x], output }: Instruction): boolean {
  const isScalar = op === "broadcast" && x.shape.rows * x.shape.cols === 1 && !x.shape.batched;
  return isScalar && output.shape.cols === 1 && output.segment === "scratch";
}
