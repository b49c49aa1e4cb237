/**
 * Constant matrices inside graphs, made by comparing ramps: the identity and the strict triangles above and below the
 * diagonal.
 */
import type { Graph } from "../graph/graph.ts";
import { complement, stretched } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";

/** `[1, n]` as `[n, 1]`. */
export function asColumn(g: Graph, row: Node): Node {
  return g.reshape(row, { rows: row.shape.cols, cols: 1, batched: false });
}

/** 1 where i < j (row i, column j), else 0, `[n, n]`. */
export function aboveDiagonal(g: Graph, size: number): Node {
  const indices = g.ramp(size, 0, 1);
  return g.lessThan(asColumn(g, indices), indices);
}

/** 1 where j < i (row i, column j), else 0, `[n, n]`. */
export function belowDiagonal(g: Graph, size: number): Node {
  const indices = g.ramp(size, 0, 1);
  return g.lessThan(indices, asColumn(g, indices));
}

/** `[n, n]` */
export function identity(g: Graph, size: number): Node {
  return complement(g, g.add(aboveDiagonal(g, size), belowDiagonal(g, size)));
}

/** A matrix `[n, m]` repeated for each row of the batch, `[n·B, m]`. */
export function forEachRow(g: Graph, matrix: Node): Node {
  const { rows, cols } = matrix.shape, flat = { rows: 1, cols: rows * cols };
  const row = g.reshape(matrix, { ...flat, batched: false });
  return g.reshape(stretched(g, row, { ...flat, batched: true }), { rows, cols, batched: true });
}
