/**
 * The view of a model that objectives have: log-densities of K draws per row, in nats, independent of networks and
 * families:
 *
 *   ln w = ln p(x | z) + ln p(z) - ln q(z | x)        importance weights, always in log space
 *   KL   = E_q[ln q(z | x) - ln p(z)]                 per dimension, if it has a closed form
 */
import { portableLog } from "../core/portable.ts";
import type { Conditional } from "../distributions/likelihood.ts";
import type { DrawPath } from "../distributions/posterior.ts";
import type { Graph } from "../graph/graph.ts";
import { meanOfAll, meanOfRows } from "../layers/means.ts";
import { complement, repeated, shifted } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";

/** Draws of the latent variables: K per row; draw k of row r is at r·K + k. */
export interface Latents {
  /** The decoder's input, `[K·B, L]`. */
  readonly z: Node;
  /** ln q(z | x) of every draw, summed over stochastic layers, `[K·B, 1]`. */
  readonly logPosterior: Node;
  /** ln p(z) of every draw, summed over stochastic layers, `[K·B, 1]`. */
  readonly logPrior: Node;
  /** ln q - ln p of every draw, per layer from the data up, `[K·B, 1]` each. */
  readonly divergences: readonly Node[];
  /** KL(q ‖ p) of each dimension of every layer, `[B, L]`; absent unless all of it has a closed form. */
  readonly klPerDimension?: Node;
  /** The gradient paths through the draws, one per layer; absent if any layer has none. */
  readonly paths?: readonly DrawPath[];
  /** ln q of the layers whose draws no gradient passes through, `[K·B, 1]`; absent if there are none. */
  readonly score?: Node;
}

/**
 * Log-densities of the draws under q(z | x) of their own row and of M other rows of the training set, per dimension,
 * nats. Estimates of the aggregated posterior use them.
 */
export interface Aggregate {
  /** `[K·B, L]` */
  readonly own: Node;
  /** `[K·B·M, L]`; draw i under other row j is at i·M + j. */
  readonly others: Node;
  /** M, the number of other rows. */
  readonly rows: number;
  /** Number of rows in the training set. */
  readonly trainingRows: number;
}

/**
 * The class of each row, if known, and q(y | x). The other terms are then those of C·B rows; row r with class c is at
 * r·C + c.
 */
export interface Labels {
  /** One-hot; zeros if the class is missing, `[B, C]`. */
  readonly given: Node;
  /** ln q(y | x) of every class, `[B, C]`. */
  readonly logPosterior: Node;
}

/** The terms available to every objective. */
export interface Terms extends Pick<Latents, "klPerDimension" | "paths"> {
  /** The rows themselves, `[B, D]`. */
  readonly x: Node;
  /** ln p(x | z) of every draw, `[B, K]`. */
  readonly logLikelihoods: Node;
  /** ln p(z) of every draw, `[B, K]`. */
  readonly logPriors: Node;
  /** ln q(z | x) of every draw, `[B, K]`. */
  readonly logPosteriors: Node;
  /** ln w of every draw, `[B, K]`. */
  readonly logWeights: Node;
  /** ln q - ln p of every draw, per layer from the data up, `[B, K]` each. */
  readonly divergences: readonly Node[];
  /** `Latents.score`, `[B, K]`. */
  readonly scores?: Node;
  /** Present only if the objective requests it and q is a diagonal Gaussian. */
  readonly aggregate?: Aggregate;
  /** Present only for a model with a classifier. */
  readonly labels?: Labels;
}

/** @param x `[r, D]` */
export function termsOf(g: Graph, x: Node, latents: Latents, conditional: Conditional): Terms {
  const { rows } = x.shape, samples = latents.z.shape.rows / rows;
  const logLikelihood = g.sumCols(conditional.logProb(repeated(g, x, samples)));
  const { logPrior, logPosterior, klPerDimension, paths, score, divergences } = latents;
  const asColumns = (column: Node) => g.reshape(column, { rows, cols: samples, batched: true });
  return {
    x,
    klPerDimension,
    paths,
    scores: score && asColumns(score),
    logLikelihoods: asColumns(logLikelihood),
    logPriors: asColumns(logPrior),
    logPosteriors: asColumns(logPosterior),
    divergences: divergences.map(asColumns),
    logWeights: asColumns(g.add(logLikelihood, g.sub(logPrior, logPosterior))),
  };
}

/** The weight of each class in a row: one-hot for a known class, else q(y | x), `[B, C]`. */
export function classShares(g: Graph, { given, logPosterior }: Labels): Node {
  return g.add(given, guessedShares(g, { given, logPosterior }));
}

/** q(y | x) for rows whose class is missing, zeros for the others, `[B, C]`. */
function guessedShares(g: Graph, { given, logPosterior }: Labels): Node {
  const isMissing = complement(g, g.sumCols(given));
  return g.mul(isMissing, g.exp(logPosterior));
}

/** KL(q(y | x) ‖ 1/C) of every row, nats, `[B, 1]`; ln C for a known class, whose q is a point mass. */
export function klOfClasses(g: Graph, labels: Labels): Node {
  const entropy = g.sumCols(g.mul(guessedShares(g, labels), labels.logPosterior));
  return shifted(g, entropy, portableLog(labels.given.shape.cols));
}

/** -E_q[ln p(x | z)], the mean over draws and rows, `[1, 1]`. */
export function reconstructionOf(g: Graph, { logLikelihoods }: Terms): Node {
  return meanOfAll(g, logLikelihoods, -1);
}

/** KL(q ‖ p), the mean over rows, `[1, 1]`: in closed form if there is one, else estimated from the draws. */
export function klOf(g: Graph, terms: Terms): Node {
  const { klPerDimension } = terms;
  return klPerDimension ? meanOfRows(g, klPerDimension) : sampledKlOf(g, terms);
}

/** E_q[ln q - ln p], the mean over draws and rows, `[1, 1]`. */
export function sampledKlOf(g: Graph, { logPosteriors, logPriors }: Terms): Node {
  return meanOfAll(g, g.sub(logPosteriors, logPriors));
}

/** ln (1/K Σ w) per row, nats, `[r, 1]`, for ln w `[r, K]`. */
export function boundOf(g: Graph, logWeights: Node): Node {
  const offset = -portableLog(logWeights.shape.cols);
  return shifted(g, g.logSumExpCols(logWeights), offset);
}
