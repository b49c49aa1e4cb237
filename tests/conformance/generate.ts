/** Cases of elementwise operations: every shape and every broadcast of the operands. */
import type { OpName } from "../../src/ops/names.ts";
import type { Case, Tolerance } from "./case.ts";
import { operandShapes } from "./shapes.ts";
import { type Domain, operand } from "./values.ts";

/** @param domains one for each operand */
export function elementwiseCases<N extends OpName>(
  attrs: Case<N>["attrs"],
  domains: readonly Domain[],
  tolerance: Tolerance,
): readonly Case<N>[] {
  return operandShapes(domains.length).map((shapes, seed) => ({
    operands: shapes.map((shape, i) => operand(shape, domains[i], 10 * seed + i)),
    attrs,
    tolerances: [tolerance],
  }));
}
