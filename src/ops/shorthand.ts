/**
 * Operations under the names that mathematics gives them: -x, s·x, x + c, 1 - x, a·b of matrices, sums of
 * several, and one value everywhere. They build what `Emit` builds, no more.
 */
import type { Shape } from "../core/shape.ts";
import type { Emit, Node } from "./spec.ts";

/** -x. */
export function negative(e: Emit, x: Node): Node {
  return scaled(e, x, -1);
}

/** scale · x. */
export function scaled(e: Emit, x: Node, scale: number): Node {
  return e.affine(x, { scale, offset: 0 });
}

/** x + offset. */
export function shifted(e: Emit, x: Node, offset: number): Node {
  return e.affine(x, { scale: 1, offset });
}

/** 1 - x: of a share the rest, of a mask the places that it leaves out. */
export function complement(e: Emit, x: Node): Node {
  return e.affine(x, { scale: -1, offset: 1 });
}

/** The matrix product of `[r, n]` and `[n, c]`, `[r, c]`. */
export function product(e: Emit, a: Node, b: Node): Node {
  return e.matmul(a, b, { transposeA: false, transposeB: false });
}

/** One row or one column, or one of both, at every place of a shape. */
export function stretched(e: Emit, x: Node, { rows, cols, batched }: Shape): Node {
  return e.broadcast(x, { rows, cols, batched, mean: false });
}

/** A number at every place of a shape. */
export function filled(e: Emit, value: number, shape: Shape): Node {
  return stretched(e, e.constant(value), shape);
}

/** Nodes added one after the other, one at least. */
export function sum(e: Emit, nodes: readonly Node[]): Node {
  return nodes.reduce((a, b) => e.add(a, b));
}
