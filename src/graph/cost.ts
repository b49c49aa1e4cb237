/**
 * What a plan costs and how exact it is: the operations of its products, and by how much two runs in float32
 * may differ.
 *
 * Relatively by about 4 √n u each, where n is the sum of the lengths of all its sums (Higham and Mary, 2019,
 * λ = 4; the longest path is shorter), u = 2^-24; twice that, as both round.
 */
import { sizeAt } from "../core/shape.ts";
import type { Plan } from "./plan.ts";

/** By how much two float32 runs of a plan may differ, relative to the parts of a result. */
export function relativeRounding(plan: Plan): number {
  return 8 * Math.sqrt(sumLengths(plan)) * 2 ** -24;
}

/** The lengths of all sums of a plan, added. */
function sumLengths({ instructions, capacity }: Plan): number {
  return instructions.reduce((total, { op, inputs: [x], output }) => {
    if (!/dense|matmul|sum|squaredNorm|Cols/.test(op)) return total + 2;
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
