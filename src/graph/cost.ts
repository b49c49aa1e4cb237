/**
 * What a plan costs and how exact it is: the operations of its products, and by how much two runs in float32
 * may differ.
 *
 * Relatively by about 4 √n u each, where n is the sum of the lengths of the sums that lead to a result (Higham and
 * Mary, 2019, λ = 4; the longest path is shorter), u = 2^-24; twice that, as both round. The norm of a gradient
 * is a sum over all parameters: longer by far than what leads to a loss, of which it is no part.
 */
import { sizeAt } from "../core/shape.ts";
import type { Plan } from "./plan.ts";

/** By how much two float32 runs of a plan may differ, relative to the parts of a result that is no norm. */
export function relativeRounding(plan: Plan): number {
  return rounding(plan, /dense|matmul|sum|Cols/);
}

/** The same of the norm of a gradient. */
export function normRounding(plan: Plan): number {
  return rounding(plan, /dense|matmul|sum|squaredNorm|Cols/);
}

function rounding(plan: Plan, sums: RegExp): number {
  return 8 * Math.sqrt(sumLengths(plan, sums)) * 2 ** -24;
}

/** The lengths of the sums of a plan, added; any other instruction counts as two. */
function sumLengths({ instructions, capacity }: Plan, sums: RegExp): number {
  return instructions.reduce((total, { op, inputs: [x], output }) => {
    if (!sums.test(op)) return total + 2;
    const terms = op === "dense" || op === "matmul"
      ? sizeAt(x.shape, capacity) / Math.max(1, sizeAt({ ...output.shape, cols: 1 }, capacity))
      : sizeAt(x.shape, capacity) / Math.max(1, sizeAt(output.shape, capacity));
    return total + Math.max(1, terms);
  }, 0);
}

/** Floating-point operations of the products of one full run: the rest is small beside them. */
export function operationsOf({ instructions, capacity }: Plan): number {
  return instructions.reduce((total, { op, inputs: [x], output }) => {
    if (op !== "dense" && op !== "matmul") return total;
    const inner = sizeAt(x.shape, capacity) / sizeAt({ ...output.shape, cols: 1 }, capacity);
    return total + 2 * inner * sizeAt(output.shape, capacity);
  }, 0);
}
