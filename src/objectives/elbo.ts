/**
 * The evidence lower bound, per row, in nats (derivations A.1, boxed form):
 *
 *   ELBO(x) = E_q(z|x)[ln p(x | z)] - KL(q(z | x) ‖ p(z)) ≤ ln p(x)
 *
 * The expectation is the mean over K draws z = μ + σε; the KL is in closed form. The importance
 * weights ln w = ln p(x | z) + ln p(z) - ln q(z | x) of the same draws give the tighter bound
 * ln (1/K Σ w) (Burda et al., 2016), and never leave log space.
 *
 * Written over what a model offers, not over a model: the two networks are arguments.
 */
import type { Conditional } from "../distributions/likelihood.ts";
import {
  type DiagonalGaussian,
  klToStandardNormal,
  logDensity,
  repeat,
  sample,
  standardNormalLogDensity,
} from "../distributions/diagonal_gaussian.ts";
import type { Graph } from "../graph/graph.ts";
import type { Node } from "../ops/spec.ts";

/** The pieces of the bound for a batch of B rows. */
export interface ElboTerms {
  /** ln p(x | z) of every draw, `[B, K]`. */
  readonly logLikelihoods: Node;
  /** ln w of every draw, `[B, K]`; built when read. */
  readonly logWeights: Node;
  /** KL per dimension, `[B, L]`. */
  readonly kl: Node;
}

/**
 * @param x     `[B, D]`
 * @param noise standard normal, `[K·B, L]`: row r's draw k at r·K + k
 */
export function elboTerms(
  g: Graph,
  x: Node,
  q: DiagonalGaussian,
  decode: (z: Node) => Conditional,
  noise: Node,
): ElboTerms {
  const samples = noise.shape.rows;
  const perSample = repeat(g, q, samples);
  const z = sample(g, perSample, noise);
  const target = samples === 1 ? x : g.repeatRows(x, { times: samples });
  const logLikelihood = g.sumCols(decode(z).logProb(target));
  const asColumns = (column: Node) => g.reshape(column, { rows: 1, cols: samples, batched: true });
  return {
    logLikelihoods: asColumns(logLikelihood),
    get logWeights() {
      const logPrior = standardNormalLogDensity(g, z);
      const logPosterior = logDensity(g, perSample, z);
      return asColumns(g.add(logLikelihood, g.sub(logPrior, logPosterior)));
    },
    kl: klToStandardNormal(g, q),
  };
}

/** Means over the batch of what is minimised and of its parts, each `[1, 1]`, nats per row. */
export interface ElboLoss {
  readonly loss: Node;
  readonly reconstruction: Node;
  readonly kl: Node;
}

/** -ELBO with the KL weighted by `klWeight` `[1, 1]`. */
export function elboLoss(g: Graph, terms: ElboTerms, klWeight: Node): ElboLoss {
  const samples = terms.logLikelihoods.shape.cols;
  const perRow = g.sumCols(terms.logLikelihoods);
  const mean = (node: Node) => g.sumRows(node, { mean: true });
  const reconstruction = g.affine(mean(perRow), { scale: -1 / samples, offset: 0 });
  const kl = mean(g.sumCols(terms.kl));
  return { loss: g.add(reconstruction, g.mul(klWeight, kl)), reconstruction, kl };
}
