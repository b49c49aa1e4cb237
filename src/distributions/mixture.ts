/**
 * Mixtures of N diagonal Gaussians, as priors:
 *
 *   ln p(z) = logsumexp_n (ln π_n + Σ_l ln N(z_l; μ_nl, e^logVar_nl))
 *
 * A draw selects the component in whose interval of the cumulative weights a uniform falls, then draws from it.
 */
import { batched, fixed } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import { aboveDiagonal } from "../layers/matrices.ts";
import { complement, filled, product, stretched } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import { clampLogVariance, type DiagonalGaussian, sample } from "./diagonal_gaussian.ts";
import { densitiesUnder } from "./pair_densities.ts";
import type { Prior } from "./prior.ts";

/**
 * @param components means and log-variances `[N, L]`
 * @param logits `[1, N]`; equal weights if absent
 */
export function mixturePrior(g: Graph, components: DiagonalGaussian, logits?: Node): Prior {
  const { rows: count, cols: size } = components.mean.shape;
  const { mean, logVar } = { ...components, logVar: clampLogVariance(g, components.logVar) };
  const given = logits ?? filled(g, 0, fixed(1, count));
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
        return stretched(g, product(g, weights, mean), shape);
      }
      return sample(g, select(oneHotComponent(g, weights, uniform)), draws);
    },
  };
}

/** 1 for the component selected by u `[B, 1]`, 0 for the others, `[B, N]`. */
function oneHotComponent(g: Graph, weights: Node, uniform: Node): Node {
  const count = weights.shape.cols;
  const starts = product(g, weights, aboveDiagonal(g, count));
  // A component is selected if u has passed its start but not the start of the next.
  const isPassed = complement(g, g.lessThan(uniform, starts));
  if (count === 1) return isPassed;
  const next = g.sliceCols(isPassed, { start: 1, count: count - 1 });
  return g.sub(isPassed, g.padCols(next, { before: 0, after: 1 }));
}
