/**
 * Matrix products. A product of inner length k is a sum of k terms, and one more for a bias. The slope of every
 * activation is at most one, so it passes that error on and adds its own.
 */
import { batched, fixed, type Shape } from "../../../src/core/shape.ts";
import { type Activation, ACTIVATIONS } from "../../../src/ops/names.ts";
import { ACTIVATION_ULPS } from "../../util/activations.ts";
import { type Case, type CaseGenerator, each, reduction, type Tolerance, ulps } from "../case.ts";
import { SMALL, WIDE } from "../shapes.ts";
import { MODERATE, operand } from "../values.ts";

/** `[rows, inner, cols]` of a product. */
type Extents = readonly [rows: Shape, inner: number, cols: number];

const ALL_SMALL: readonly Extents[] = SMALL.flatMap((rows) =>
  SMALL.flatMap((inner) => SMALL.map((cols) => [fixed(rows, 1), inner, cols] as const))
);

const AROUND_TILES: readonly Extents[] = WIDE.flatMap((wide) => [
  [fixed(wide, 1), 3, 5],
  [fixed(2, 1), wide, 3],
  [fixed(3, 1), 5, wide],
  [fixed(wide, 1), wide, wide],
  [batched(1), wide, 4],
  [batched(1, 3), 7, wide],
]);

const BATCHED: readonly Extents[] = SMALL.flatMap((size) => [
  [batched(1), size, 9],
  [batched(1, 2), 5, size],
]);

export const dense: CaseGenerator<"dense"> = () => [
  ...ALL_SMALL.map((extents, i) => denseCase(extents, ACTIVATIONS[i % ACTIVATIONS.length], i)),
  ...[...AROUND_TILES, ...BATCHED].flatMap((extents, i) =>
    ACTIVATIONS.map((kind) => denseCase(extents, kind, i))
  ),
];

function denseCase([rows, inner, cols]: Extents, kind: Activation, seed: number): Case<"dense"> {
  const linear = reduction(({ row, col, operands: [x, weight, bias] }) => [
    ...each(x.cols, (k) => x.at(row, k) * weight.at(k, col)),
    bias.at(0, col),
  ]);
  const own = ulps(ACTIVATION_ULPS[kind]);
  return {
    operands: [
      operand({ ...rows, cols: inner }, MODERATE, 3 * seed),
      operand(fixed(inner, cols), MODERATE, 3 * seed + 1),
      operand(fixed(1, cols), MODERATE, 3 * seed + 2),
    ],
    attrs: { activation: kind },
    tolerances: [(element) => linear(element) + own(element)],
  };
}

export const matmul: CaseGenerator<"matmul"> = () => [
  ...[...ALL_SMALL, ...AROUND_TILES, ...BATCHED].flatMap(([rows, inner, cols], seed) => [
    matmulCase({ ...rows, cols: inner }, fixed(inner, cols), false, false, seed),
    matmulCase({ ...rows, cols: inner }, fixed(cols, inner), false, true, seed),
    ...(rows.batched ? [] : [
      matmulCase(fixed(inner, rows.rows), fixed(inner, cols), true, false, seed),
      matmulCase(fixed(inner, rows.rows), fixed(cols, inner), true, true, seed),
    ]),
  ]),
  ...WIDE.flatMap((wide, seed) => [
    matmulCase(batched(wide), batched(5), true, false, seed),
    matmulCase(batched(3, 2), batched(wide, 2), true, false, seed),
    matmulCase(batched(wide, 4), batched(9, 4), true, false, seed),
  ]),
];

const PRODUCT: { readonly [transposes in "NN" | "NT" | "TN" | "TT"]: Tolerance } = {
  NN: reduction(({ row, col, operands: [a, b] }) =>
    each(a.cols, (k) => a.at(row, k) * b.at(k, col))
  ),
  NT: reduction(({ row, col, operands: [a, b] }) =>
    each(a.cols, (k) => a.at(row, k) * b.at(col, k))
  ),
  TN: reduction(({ row, col, operands: [a, b] }) =>
    each(a.rows, (k) => a.at(k, row) * b.at(k, col))
  ),
  TT: reduction(({ row, col, operands: [a, b] }) =>
    each(a.rows, (k) => a.at(k, row) * b.at(col, k))
  ),
};

function matmulCase(
  a: Shape,
  b: Shape,
  transposeA: boolean,
  transposeB: boolean,
  seed: number,
): Case<"matmul"> {
  return {
    operands: [operand(a, MODERATE, 2 * seed), operand(b, MODERATE, 2 * seed + 1)],
    attrs: { transposeA, transposeB },
    tolerances: [PRODUCT[`${transposeA ? "T" : "N"}${transposeB ? "T" : "N"}`]],
  };
}
