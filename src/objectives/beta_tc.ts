/**
 * The KL decomposed into three parts, with a weight on the total correlation only (Chen, Li, Grosse and Duvenaud,
 * "Isolating sources of disentanglement in variational autoencoders", 2018). Per row, in nats:
 *
 *   E_rows KL(q(z | x) ‖ p(z)) = I(x; z)  +  TC            +  Σ_d KL(q(z_d) ‖ p(z_d))
 *     index-code mutual information   E[ln q(z | x) - ln q(z)]
 *     total correlation               E[ln q(z) - Σ_d ln q(z_d)]
 *     dimension-wise KL               E[Σ_d ln q(z_d) - ln p(z)]
 *
 * q(z) is the mean of q(z | x_n) over all N rows of the training set. It is estimated from the row itself and M others,
 * drawn from the rest, by minibatch stratified sampling (their appendix C.2):
 *
 *   q(z) ≈ 1/N q(z | x) + (N-1)/(N·M) Σ_j q(z | x_j)
 *
 * The estimate is unbiased for q(z), and therefore biased low for ln q(z) (Jensen's inequality). The three parts add up
 * exactly to ln q(z | x) - ln p(z) of the same draws.
 */
import { portableLog } from "../core/portable.ts";
import { SCALAR } from "../core/shape.ts";
import { gradient } from "../graph/gradient.ts";
import type { Graph } from "../graph/graph.ts";
import { meanOfAll } from "../layers/means.ts";
import { shifted } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import { KL_WEIGHT_KEYS, type KlWeight, parseKlWeight } from "./kl_weight.ts";
import type { ObjectiveFamily, SharedOptions } from "./objective_family.ts";
import { reconstructionOf, type Terms } from "./terms.ts";

/** `betaTc`: -E_q[ln p(x | z)] + I(x; z) + beta · TC + dimension-wise KL. */
export interface BetaTcObjective extends SharedOptions, KlWeight {
  /** The ELBO with a weight on the total correlation. */
  readonly type: "betaTc";
}

/** The parts of the KL, averaged over rows and draws, `[1, 1]` each. */
interface KlParts {
  /** I(x; z) under q. */
  readonly mutualInformation: Node;
  /** KL(q(z) ‖ Π_d q(z_d)). */
  readonly totalCorrelation: Node;
  /** Σ_d KL(q(z_d) ‖ p(z_d)), if the dimensions of p are independent. */
  readonly dimensionwiseKl: Node;
}

export const betaTc: ObjectiveFamily<BetaTcObjective> = {
  keys: KL_WEIGHT_KEYS,
  samples: 1,
  needsReference: true,
  parse(shared, fields) {
    if (shared.corruption.type !== "none") {
      throw new TypeError('Cannot read objective.corruption: "betaTc" takes none');
    }
    return { type: "betaTc", ...shared, ...parseKlWeight(fields) };
  },
  build(g, terms) {
    const reconstruction = reconstructionOf(g, terms);
    const { mutualInformation, totalCorrelation, dimensionwiseKl } = klParts(g, terms);
    const unweighted = g.add(mutualInformation, dimensionwiseKl);
    const kl = g.add(unweighted, totalCorrelation);
    const weighted = g.mul(g.input("klWeight", SCALAR), totalCorrelation);
    const loss = g.add(reconstruction, g.add(unweighted, weighted));
    return {
      loss,
      reconstruction,
      kl,
      gradients: (parameters) => gradient(g, loss, parameters),
    };
  },
};

/** @throws RangeError unless the terms contain densities under reference rows */
function klParts(g: Graph, { aggregate, logPosteriors, logPriors }: Terms): KlParts {
  if (!aggregate) {
    throw new RangeError(
      "Cannot build objective: the aggregated posterior needs q(z | x) to be a diagonal Gaussian",
    );
  }
  const { own, others, rows, trainingRows } = aggregate;
  const shares = { own: 1 / trainingRows, other: (trainingRows - 1) / (trainingRows * rows) };
  const asColumns = (column: Node) => g.reshape(column, logPosteriors.shape);
  const logJoint = asColumns(jointDensity(g, own, others, rows, shares));
  const logMarginals = asColumns(g.sumCols(marginalDensities(g, own, others, rows, shares)));
  const mean = (a: Node, b: Node) => meanOfAll(g, g.sub(a, b));
  return {
    mutualInformation: mean(logPosteriors, logJoint),
    totalCorrelation: mean(logJoint, logMarginals),
    dimensionwiseKl: mean(logMarginals, logPriors),
  };
}

interface Shares {
  readonly own: number;
  readonly other: number;
}

/** ln q(z) of every draw, `[K·B, 1]`. */
function jointDensity(g: Graph, own: Node, others: Node, rows: number, shares: Shares): Node {
  const ofOthers = jointUnder(g, own, others, rows);
  const weighted = (node: Node, share: number) => shifted(g, node, portableLog(share));
  return g.logSumExpCols(
    g.concatCols(weighted(g.sumCols(own), shares.own), weighted(ofOthers, shares.other)),
  );
}

/**
 * ln q(z_d) of every draw and dimension, `[K·B, L]`. Densities are taken relative to the row's own, whose term is then
 * 1; with log-variances in `LOG_VARIANCE` the other terms are at most e^41.
 */
function marginalDensities(g: Graph, own: Node, others: Node, rows: number, shares: Shares): Node {
  const sum = relativeSums(g, own, others, rows);
  return g.add(own, g.log(g.affine(sum, { scale: shares.other, offset: shares.own })));
}

/** ln q(z | x_j) of every draw under each of M other rows, `[K·B, M]`. */
export function jointUnder(g: Graph, own: Node, others: Node, rows: number): Node {
  return g.reshape(g.sumCols(others), { ...own.shape, cols: rows });
}

/** Σ_j q(z_d | x_j) / q(z_d | x) of every draw over M other rows, `[K·B, L]`. */
export function relativeSums(g: Graph, own: Node, others: Node, rows: number): Node {
  const relative = g.exp(g.sub(others, g.repeatRows(own, { times: rows })));
  return g.sumGroups(relative, { size: rows });
}
