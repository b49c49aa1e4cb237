/** Means over draws and rows, each computed in one fixed order. */
import type { Graph } from "../graph/graph.ts";
import { scaled } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";

/** The sum over columns, then the mean over rows, `[1, 1]` for `[r, c]`. */
export function meanOfRows(g: Graph, x: Node): Node {
  return g.sumRows(x.shape.cols === 1 ? x : g.sumCols(x), { mean: true });
}

/** The mean over columns, `[r, 1]` for `[r, K]`. */
export function meanOfCols(g: Graph, x: Node): Node {
  return scaled(g, g.sumCols(x), 1 / x.shape.cols);
}

/** The mean over each group of `size` consecutive rows, `[r, c]` for `[size·r, c]`. */
export function meanOfGroups(g: Graph, x: Node, size: number): Node {
  return size === 1 ? x : scaled(g, g.sumGroups(x, { size }), 1 / size);
}

/** The mean over columns and rows, times `scale`, `[1, 1]` for `[B, K]`. */
export function meanOfAll(g: Graph, x: Node, scale = 1): Node {
  return scaled(g, meanOfRows(g, x), scale / x.shape.cols);
}
