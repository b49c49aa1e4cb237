/**
 * What objectives see of a model: log-densities of K draws for each row, in nats. They know neither
 * networks nor families:
 *
 *   ln w = ln p(x | z) + ln p(z) - ln q(z | x)        importance weights; they never leave log space
 *   KL   = E_q[ln q(z | x) - ln p(z)]                 per dimension in closed form, where there is one
 */
import { portableLog } from "../core/portable.ts";
import type { Conditional } from "../distributions/likelihood.ts";
import type { DrawPath } from "../distributions/posterior.ts";
import type { Graph } from "../graph/graph.ts";
import { meanOfAll, meanOfRows } from "../layers/means.ts";
import { complement, shifted } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";

/** Draws of the latent variables: K for each row, row r's draw k at r·K + k. */
export interface Latents {
  /** What the decoder sees, `[K·B, L]`. */
  readonly z: Node;
  /** ln q(z | x) of every draw, summed over stochastic layers, `[K·B, 1]`. */
  readonly logPosterior: Node;
  /** ln p(z) of every draw, likewise. */
  readonly logPrior: Node;
  /** ln q - ln p of every draw, layer by layer from the data up, `[K·B, 1]` each. */
  readonly divergences: readonly Node[];
  /** KL(q ‖ p) of each dimension of every layer, `[B, L]`; only where all of it has a closed form. */
  readonly klPerDimension?: Node;
  /** The ways of the gradient through the draws, one a layer; absent where one has none. */
  readonly paths?: readonly DrawPath[];
  /** ln q of those layers whose draws let no gradient pass, `[K·B, 1]`; absent where all let it. */
  readonly score?: Node;
}

/**
 * Densities of the draws under q(z | x) of their own row and of M other rows of the training set, per
 * dimension, nats: what estimates of the aggregated posterior are made of.
 */
export interface Aggregate {
  /** `[K·B, L]` */
  readonly own: Node;
  /** `[K·B·M, L]`: draw i under other row j at i·M + j. */
  readonly others: Node;
  /** M. */
  readonly rows: number;
  /** Rows of the training set. */
  readonly of: number;
}

/**
 * The class of each row, where it is known, and q of it: the other terms are then those of C·B rows, row
 * r with class c at r·C + c.
 */
export interface Labels {
  /** One-hot; a row of zeros where the class is missing, `[B, C]`. */
  readonly given: Node;
  /** ln q(y | x) of every class, `[B, C]`. */
  readonly logPosterior: Node;
}

/** The terms of every objective. */
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
  /** ln q - ln p of every draw, layer by layer from the data up, `[B, K]` each. */
  readonly divergences: readonly Node[];
  /** `Latents.score`, `[B, K]`. */
  readonly scores?: Node;
  /** Only where the objective asked for it, and q is a diagonal Gaussian. */
  readonly aggregate?: Aggregate;
  /** Only of a model with a classifier. */
  readonly labels?: Labels;
}

/** @param x `[r, D]` */
export function termsOf(g: Graph, x: Node, latents: Latents, conditional: Conditional): Terms {
  const { rows } = x.shape, samples = latents.z.shape.rows / rows;
  const target = samples === 1 ? x : g.repeatRows(x, { times: samples });
  const logLikelihood = g.sumCols(conditional.logProb(target));
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

/** The share of each class in a row: all of one that is known, else q(y | x), `[B, C]`. */
export function classShares(g: Graph, { given, logPosterior }: Labels): Node {
  return g.add(given, guessedShares(g, { given, logPosterior }));
}

/** q(y | x) of rows whose class is missing, zeros of the others, `[B, C]`. */
function guessedShares(g: Graph, { given, logPosterior }: Labels): Node {
  const isMissing = complement(g, g.sumCols(given));
  return g.mul(isMissing, g.exp(logPosterior));
}

/**
 * KL(q(y | x) ‖ 1/C) of every row, nats, `[B, 1]`; of a known class, whose q is one point, ln C.
 */
export function klOfClasses(g: Graph, labels: Labels): Node {
  const entropy = g.sumCols(g.mul(guessedShares(g, labels), labels.logPosterior));
  return shifted(g, entropy, portableLog(labels.given.shape.cols));
}

/** -E_q[ln p(x | z)], the mean over draws and rows, `[1, 1]`. */
export function reconstructionOf(g: Graph, { logLikelihoods }: Terms): Node {
  return meanOfAll(g, logLikelihoods, -1);
}

/** KL(q ‖ p), the mean over rows, `[1, 1]`: in closed form where there is one, else by the draws. */
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
