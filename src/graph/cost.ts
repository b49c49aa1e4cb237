/**
 * What a plan costs and how exact it is: the operations of its products, and by how much two runs in float32
 * may differ.
 *
 * Relatively by about 4 √n u each, where n is the sum of the lengths of the sums that lead to a result, any other
 * instruction counted as two (Higham and Mary, 2019, λ = 4; the longest path is shorter), u = 2^-24; twice that, as
 * both round. The norm of a gradient is a sum over all parameters: longer by far than what leads to a loss, of which
 * it is no part.
 */
import { sizeAt } from "../core/shape.ts";
import { OPS } from "../ops/catalogue.ts";
import type { Instruction, Plan } from "./plan.ts";

/** By how much two float32 runs of a plan may differ, relative to the parts of a result that is no norm. */
export function relativeRounding({ instructions, capacity }: Plan): number {
  return rounding(instructions.filter(({ op }) => op !== "squaredNorm"), capacity);
}

/** The same of the norm of a gradient. */
export function normRounding({ instructions, capacity }: Plan): number {
  return rounding(instructions, capacity);
}

function rounding(instructions: readonly Instruction[], batchRows: number): number {
  const lengths = instructions.map((each) => Math.max(1, termsOf(each, batchRows) ?? 2));
  return 8 * Math.sqrt(lengths.reduce((a, b) => a + b, 0)) * 2 ** -24;
}

/** Undefined where an instruction adds nothing up. */
function termsOf({ op, inputs: [x], output }: Instruction, batchRows: number): number | undefined {
  return OPS[op].terms?.(x.shape, output.shape, batchRows);
}

/** Floating-point operations of the products of one full run: the rest is small beside them. */
export function operationsOf({ instructions, capacity }: Plan): number {
  return instructions
    .filter(({ op }) => op === "dense" || op === "matmul")
    .map((each) => 2 * termsOf(each, capacity)! * sizeAt(each.output.shape, capacity))
    .reduce((a, b) => a + b, 0);
}
