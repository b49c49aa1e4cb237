/**
 * Shorthand for common calls of `Emit`, under their mathematical names: -x, s·x, x + c, 1 - x, the matrix product a·b,
 * sums of several nodes, rows repeated for draws, and a constant of any shape.
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

/** 1 - x: the complement of a share or of a mask. */
export function complement(e: Emit, x: Node): Node {
  return e.affine(x, { scale: -1, offset: 1 });
}

/** The matrix product of `[r, n]` and `[n, c]`, `[r, c]`. */
export function product(e: Emit, a: Node, b: Node): Node {
  return e.matmul(a, b, { transposeA: false, transposeB: false });
}

/** Every row `times` times, one after another; x itself if that is once. */
export function repeated(e: Emit, x: Node, times: number): Node {
  return times === 1 ? x : e.repeatRows(x, { times });
}

/** Broadcasts one row, one column or one element to a shape. */
export function stretched(e: Emit, x: Node, { rows, cols, batched }: Shape): Node {
  return e.broadcast(x, { rows, cols, batched, mean: false });
}

/** A tensor of this shape filled with `value`. */
export function filled(e: Emit, value: number, shape: Shape): Node {
  return stretched(e, e.constant(value), shape);
}

/** The sum of at least one node, added left to right. */
export function sum(e: Emit, nodes: readonly Node[]): Node {
  return nodes.reduce((a, b) => e.add(a, b));
}
