/** Shapes of operands: checks of them, and the adjoint of stretching one to match another. */
import { type Shape, showShape } from "../core/shape.ts";
import type { Emit, Node } from "./spec.ts";

/** Sums `dy` over the dimensions along which an operand of shape `target` was stretched. */
export function sumTo(e: Emit, dy: Node, target: Shape): Node {
  const stretchedCols = target.cols === 1 && dy.shape.cols !== 1;
  const narrow = stretchedCols ? e.sumCols(dy) : dy;
  const oneRow = target.rows === 1 && !target.batched;
  const stretchedRows = oneRow && (narrow.shape.rows !== 1 || narrow.shape.batched);
  return stretchedRows ? e.sumRows(narrow, { mean: false }) : narrow;
}

/** @throws RangeError unless `condition` holds; `what` says what must hold, `shapes` are the current values */
export function requireShapes(
  op: string,
  condition: boolean,
  what: string,
  ...shapes: readonly Shape[]
): void {
  if (condition) return;
  throw new RangeError(
    `Cannot build ${op}: ${what}, got ${shapes.map(showShape).join(", ")}`,
  );
}
