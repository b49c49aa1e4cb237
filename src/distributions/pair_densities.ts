/** The density of every row of a batch under every Gaussian of a fixed set. */
import { fixed } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import type { Node } from "../ops/spec.ts";
import type { DiagonalGaussian } from "./diagonal_gaussian.ts";

/**
 * ln N(z_rl; μ_nl, e^logVar_nl), nats, `[r·N, L]`; row r under Gaussian n is at r·N + n.
 * @param z         `[r, L]`
 * @param gaussians means and log-variances `[N, L]`
 */
export function densitiesUnder(g: Graph, z: Node, { mean, logVar }: DiagonalGaussian): Node {
  const { rows, cols, batched } = z.shape, count = mean.shape.rows;
  // Repeats every row side by side, once per Gaussian. The Gaussians are then one row, which broadcasts.
  const repeated = g.reshape(g.repeatRows(z, { times: count }), {
    rows,
    cols: count * cols,
    batched,
  });
  const flat = (node: Node) => g.reshape(node, fixed(1, count * cols));
  const densities = g.gaussianLogProb(repeated, flat(mean), flat(logVar));
  return g.reshape(densities, { rows: rows * count, cols, batched });
}
