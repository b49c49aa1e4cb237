/**
 * q(z | h) = N(μ(h), C Cᵀ), with C lower triangular: the diagonal is e^(logVar/2). Three dense layers, `<name>.mean`,
 * `<name>.logVar` and `<name>.lower` (below the diagonal). Draws z = μ + C · noise.
 *
 *   ln q(z) = -½ Σ (ln 2π + logVar + noise²)
 *   KL(q ‖ N(0, I)) = Σ_i ½ (μ_i² + e^logVar_i - 1 - logVar_i) + ½ Σ_(j<i) C_ij²
 *
 * Its density is computed from the noise of a draw, not from the draw alone, so it has no `path`.
 */
import { batched, fixed } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import { belowDiagonal } from "../layers/matrices.ts";
import { dense } from "../layers/mlp.ts";
import type { Scope } from "../layers/scope.ts";
import { filled, repeated, scaled } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import { gaussianGiven, klToStandardNormal, repeat, sample } from "./diagonal_gaussian.ts";
import type { Posterior, PosteriorRequest } from "./posterior.ts";

export function fullPosterior(
  scope: Scope,
  size: number,
  { name, hidden, samples, noise }: PosteriorRequest,
): Posterior {
  const { g } = scope;
  const gaussian = gaussianGiven(scope, name, hidden, size), { mean, logVar } = gaussian;
  const mask = g.reshape(belowDiagonal(g, size), fixed(1, size * size));
  const lower = g.mul(dense(scope, `${name}.lower`, hidden, size * size), mask);
  const rowSquares = rowSums(g, g.mul(lower, lower), size);
  const q = repeat(g, gaussian, samples);
  const draws = noise(batched(size, mean.shape.rows * samples)) ??
    filled(g, 0, q.mean.shape);
  const lowerPerDraw = repeated(g, lower, samples);
  const correlated = rowSums(g, g.mul(lowerPerDraw, tiled(g, draws, size)), size);
  const zero = g.constant(0);
  const standard = g.gaussianLogProb(draws, zero, zero);
  return {
    mean,
    logVar: g.log(g.add(g.exp(logVar), rowSquares)),
    z: g.add(sample(g, q, draws), correlated),
    logDensity: g.sumCols(g.sub(standard, scaled(g, q.logVar, 0.5))),
    klTo({ form }) {
      if (form?.type !== "standardNormal") return undefined;
      const kl = klToStandardNormal(g, gaussian);
      return g.add(kl, scaled(g, rowSquares, 0.5));
    },
  };
}

/** The row sums of matrices `[r, L²]`, `[r, L]`. */
function rowSums(g: Graph, matrices: Node, size: number): Node {
  const { rows, batched } = matrices.shape;
  const sums = g.sumCols(g.reshape(matrices, { rows: rows * size, cols: size, batched }));
  return g.reshape(sums, { rows, cols: size, batched });
}

/** Matrices `[r, L²]` whose every row is the vector `[r, L]`. */
function tiled(g: Graph, vectors: Node, size: number): Node {
  const { rows, batched } = vectors.shape;
  return g.reshape(repeated(g, vectors, size), { rows, cols: size * size, batched });
}
