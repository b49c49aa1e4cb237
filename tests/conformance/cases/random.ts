/**
 * Standard normals and uniforms. The integers are exact, so a wrong one gives a completely different draw; uniforms are
 * exact themselves. Normals are r ≤ 5.77, with a relative error of about four roundings, times a cosine with as many
 * absolute ones.
 */
import { batched, fixed, type Shape } from "../../../src/core/shape.ts";
import { type CaseGenerator, EXACT, type Tolerance, U } from "../case.ts";
import { FEW_MATRICES, SMALL, WIDE } from "../shapes.ts";

const KEYS = [
  [0, 0, 0, 0],
  [0x9e3779b9, 0x1fffff, 12, 3],
  [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
  [1, 0, 0x80000001, 0x7fffffff],
];

const SHAPES: readonly Shape[] = [
  ...FEW_MATRICES,
  ...WIDE.map((cols) => batched(cols, 3)),
  ...SMALL.map((cols) => fixed(9, cols)),
];

const cases = (tolerance: Tolerance) =>
  SHAPES.flatMap((shape) =>
    KEYS.map((values, i) => ({
      operands: [{ kind: "input" as const, shape: fixed(1, 4), integer: true, values }],
      attrs: { ...shape, stream: [0, 1, 7, 0x7fffffff][i] },
      tolerances: [tolerance],
    }))
  );

export const randomNormal: CaseGenerator<"randomNormal"> = () => cases(() => 48 * U);

export const randomUniform: CaseGenerator<"randomUniform"> = () => cases(EXACT);
