/**
 * Mixtures of N diagonal Gaussians, as priors:
 *
 *   ln p(z) = logsumexp_n (ln π_n + Σ_l ln N(z_l; μ_nl, e^logVar_nl))
 *
 * A draw picks a component where a uniform falls among the running sums of π, then draws from it.
 */
import { batched, fixed } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import type { Node } from "../ops/spec.ts";
import { clampLogVariance, type DiagonalGaussian, sample } from "./diagonal_gaussian.ts";
import { densitiesUnder } from "./pair_densities.ts";
import type { Prior } from "./prior.ts";

/** @param components means and log-variances `[N, L]`; `logits` `[1, N]`, equal weights without */
export function mixturePrior(g: Graph, components: DiagonalGaussian, logits?: Node): Prior {
  const { rows: count, cols: size } = components.mean.shape;
  const { mean, logVar } = { ...components, logVar: clampLogVariance(g, components.logVar) };
  const given = logits ?? g.broadcast(g.constant(0), { ...fixed(1, count), mean: false });
  const weights = g.softmaxCols(given);
  const select = (shares: Node) => ({
    mean: product(g, shares, mean),
    logVar: product(g, shares, logVar),
  });
  return {
    logDensity(z) {
      const { rows, batched } = z.shape;
      const perDimension = densitiesUnder(g, z, { mean, logVar });
      const perComponent = g.reshape(g.sumCols(perDimension), { rows, cols: count, batched });
      const logWeights = g.sub(given, g.logSumExpCols(given));
      return g.logSumExpCols(g.add(perComponent, logWeights));
    },
    sample(noise) {
      const shape = batched(size);
      const draws = noise(shape), uniform = noise(batched(1), "uniform");
      if (!draws || !uniform) {
        return g.broadcast(product(g, weights, mean), { ...shape, mean: false });
      }
      return sample(g, select(chosen(g, weights, uniform)), draws);
    },
  };
}

/** 1 for the component that u `[B, 1]` falls upon, 0 for the others, `[B, N]`. */
function chosen(g: Graph, weights: Node, uniform: Node): Node {
  const count = weights.shape.cols;
  const columns = g.ramp(count, 0, 1);
  const isBefore = g.lessThan(g.reshape(columns, { ...fixed(count, 1) }), columns);
  const starts = product(g, weights, isBefore);
  // Each start that lies below u takes its component in, and the one before it out.
  const isPassed = g.affine(g.lessThan(uniform, starts), { scale: -1, offset: 1 });
  if (count === 1) return isPassed;
  const next = g.sliceCols(isPassed, { start: 1, count: count - 1 });
  return g.sub(isPassed, g.padCols(next, { before: 0, after: 1 }));
}

function product(g: Graph, a: Node, b: Node): Node {
  return g.matmul(a, b, { transposeA: false, transposeB: false });
}
