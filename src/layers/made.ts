/**
 * Masked dense layers in which output k depends only on the inputs before it: MADE (Germain et al., 2015). Output k of
 * L sees inputs i < k. Hidden unit j of H sees the inputs i with i · H < H + j (L - 1), so the first unit sees the
 * first input and the last unit the first L - 1. An output sees a hidden unit if it may see all of that unit's inputs.
 * Masks compare whole numbers, which float32 represents exactly.
 */
import type { Graph } from "../graph/graph.ts";
import { complement } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import { asColumn, belowDiagonal } from "./matrices.ts";
import type { Scope } from "./scope.ts";

/** How far units reach, as whole numbers on a common scale: ascending or descending in the input. */
export interface Reach {
  readonly inputs: number;
  /** Whether the last input comes first. */
  readonly isReversed: boolean;
}

/** Weights from inputs `[r, L]` to `width` hidden units, `[L, width]`, masked. */
export function fromInputs(scope: Scope, name: string, reach: Reach, width: number): Node {
  const { g } = scope;
  const weight = scope.declare(`${name}.weight`, reach.inputs, width, { type: "xavier" });
  return g.mul(
    weight,
    g.lessThan(asColumn(g, inputOrder(g, reach, width)), hiddenReach(g, reach, width)),
  );
}

/** Weights from `width` hidden units to outputs, `[width, L]`, masked. */
export function toOutputs(scope: Scope, name: string, reach: Reach, width: number): Node {
  const { g } = scope;
  const weight = scope.declare(`${name}.weight`, width, reach.inputs, { type: "xavier" });
  const isBeyond = g.lessThan(
    inputOrder(g, reach, width),
    asColumn(g, hiddenReach(g, reach, width)),
  );
  return g.mul(weight, complement(g, isBeyond));
}

/** Weights from `width` hidden units to `width` others, `[width, width]`, masked. */
export function betweenHidden(scope: Scope, name: string, width: number): Node {
  const { g } = scope;
  const weight = scope.declare(`${name}.weight`, width, width, { type: "xavier" });
  const isBeyond = belowDiagonal(g, width);
  return g.mul(weight, complement(g, isBeyond));
}

/** i · H, `[1, L]`. */
function inputOrder(g: Graph, { inputs, isReversed }: Reach, width: number): Node {
  return isReversed ? g.ramp(inputs, (inputs - 1) * width, -width) : g.ramp(inputs, 0, width);
}

/** H + j (L - 1), `[1, H]`. */
function hiddenReach(g: Graph, { inputs }: Reach, width: number): Node {
  return g.ramp(width, width, inputs - 1);
}
