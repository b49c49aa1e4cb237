/**
 * The cost of a plan and its precision: the operations of its products, and by how much two float32 runs may differ.
 *
 * Each run has a relative error of about 4 √n u (Higham and Mary, 2019, λ = 4), with u = 2^-24. n is the total length
 * of the sums that lead to a result, and any other instruction counts as two; the longest path is shorter. Two runs
 * differ by up to twice that, because both round. The norm of a gradient is a sum over all parameters, much longer than
 * anything that leads to a loss, so it is counted separately.
 */
import { sizeAt } from "../core/shape.ts";
import { OPS } from "../ops/catalogue.ts";
import type { Instruction, Plan } from "./plan.ts";

/** How much two float32 runs of a plan may differ, relative to the parts of a result other than a norm. */
export function relativeRounding({ instructions, capacity }: Plan): number {
  return rounding(instructions.filter(({ op }) => op !== "squaredNorm"), capacity);
}

/** The same for the norm of a gradient. */
export function normRounding({ instructions, capacity }: Plan): number {
  return rounding(instructions, capacity);
}

function rounding(instructions: readonly Instruction[], batchRows: number): number {
  const lengths = instructions.map((each) => Math.max(1, termsOf(each, batchRows) ?? 2));
  return 8 * Math.sqrt(lengths.reduce((a, b) => a + b, 0)) * 2 ** -24;
}

/** Length of the sum for each output element; undefined if the instruction does not sum. */
function termsOf({ op, inputs: [x], output }: Instruction, batchRows: number): number | undefined {
  return OPS[op].terms?.(x.shape, output.shape, batchRows);
}

/** Floating-point operations in the products of one full run. Everything else is negligible beside them. */
export function operationsOf({ instructions, capacity }: Plan): number {
  return instructions
    .filter(({ op }) => op === "dense" || op === "matmul")
    .map((each) => 2 * termsOf(each, capacity)! * sizeAt(each.output.shape, capacity))
    .reduce((a, b) => a + b, 0);
}
