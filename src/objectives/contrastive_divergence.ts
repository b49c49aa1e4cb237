/**
 * Contrastive divergence as a surrogate (Hinton, "Training products of experts by minimizing contrastive
 * divergence", 2002). The log-likelihood of an energy model has the gradient
 *
 *   d ln p(v) / dθ = -dF(v)/dθ + E_p(v')[dF(v')/dθ]
 *
 * so the gradient of mean F(data) - mean F(stop(samples)) estimates that of -ln p, if the samples are from p. After k
 * Gibbs sweeps from the data (CD-k) they are only approximately from p, and the estimate has a bias that vanishes as k
 * grows. Persistent chains (Tieleman, 2008) instead lag behind the parameters. The value itself is not a bound on
 * anything; it is near zero when training goes well.
 */
import type { Graph } from "../graph/graph.ts";
import type { Node } from "../ops/spec.ts";

/**
 * @param data    rows of data, `[B, D]`
 * @param samples rows drawn from the model, `[B, D]`
 * @returns nats per row, `[1, 1]`
 */
export function contrastiveDivergence(
  g: Graph,
  freeEnergy: (v: Node) => Node,
  data: Node,
  samples: Node,
): Node {
  const mean = (v: Node) => g.sumRows(freeEnergy(v), { mean: true });
  return g.sub(mean(data), mean(g.stopGradient(samples)));
}
