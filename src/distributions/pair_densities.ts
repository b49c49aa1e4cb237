/** Every row of one batch under every Gaussian of a fixed set. */
import { fixed } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import type { Node } from "../ops/spec.ts";
import type { DiagonalGaussian } from "./diagonal_gaussian.ts";

/**
 * ln N(z_rl; μ_nl, e^logVar_nl), nats, `[r·N, L]`: row r under Gaussian n at r·N + n.
 * @param z         `[r, L]`
 * @param gaussians means and log-variances `[N, L]`
 */
export function densitiesUnder(g: Graph, z: Node, { mean, logVar }: DiagonalGaussian): Node {
  const { rows, cols, batched } = z.shape, count = mean.shape.rows;
  // Every row once for each Gaussian, side by side: Gaussians are columns then, which stretch.
  const wide = g.reshape(g.repeatRows(z, { times: count }), { rows, cols: count * cols, batched });
  const flat = (node: Node) => g.reshape(node, fixed(1, count * cols));
  const densities = g.gaussianLogProb(wide, flat(mean), flat(logVar));
  return g.reshape(densities, { rows: rows * count, cols, batched });
}
