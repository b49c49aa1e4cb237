/**
 * Bounds for draws that no gradient passes through: ∇ E_q[f] = E_q[∇f + f ∇ ln q] (REINFORCE: Williams, 1992), per row.
 * f_k is the reward of draw k:
 *
 *   elbo  f_k = ln p(x | z_k) if the KL has a closed form; otherwise f_k includes β (ln p(z_k) - ln q(z_k))
 *   iwae  f_k = ln (1/K Σ w), the same for each draw, and Σ_k in place of 1/K Σ_k
 *
 * Subtracting a baseline from f_k that does not depend on z_k adds no bias, because E_q[∇ ln q] = 0:
 *
 *   none         0
 *   learned      D · b(x), b a network trained by squared error        Mnih and Gregor, 2014 (NVIL)
 *   leaveOneOut  elbo: the mean of the other f_j                       Kool et al., 2019 (RLOO)
 *                iwae: the bound with ln w_k replaced by the mean of   Mnih and Rezende, 2016 (VIMCO)
 *                the other ln w_j
 */
import { batched, SCALAR } from "../core/shape.ts";
import { requireChoice } from "../core/validate.ts";
import { gradient } from "../graph/gradient.ts";
import type { Graph } from "../graph/graph.ts";
import { forEachRow, identity } from "../layers/matrices.ts";
import { meanOfAll } from "../layers/means.ts";
import { negative, scaled, stretched } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import { learnedBaseline } from "./baseline.ts";
import { KL_WEIGHT_KEYS, type KlWeight, parseKlWeight } from "./kl_weight.ts";
import type { Loss, ObjectiveFamily, SharedOptions } from "./objective_family.ts";
import { boundOf, klOf, reconstructionOf, type Terms } from "./terms.ts";

/** `reinforce`: a bound on ln p(x), for draws that no gradient passes through. */
export interface ReinforceObjective extends SharedOptions, KlWeight {
  /** Score-function gradients. */
  readonly type: "reinforce";
  /** "elbo" (default), or "iwae", which allows no KL weight. */
  readonly bound: "elbo" | "iwae";
  /** The baseline subtracted from rewards; default "leaveOneOut", which needs at least 2 draws. */
  readonly baseline: "none" | "learned" | "leaveOneOut";
}

const BASELINES: readonly ReinforceObjective["baseline"][] = ["none", "learned", "leaveOneOut"];

export const reinforce: ObjectiveFamily<ReinforceObjective> = {
  keys: [...KL_WEIGHT_KEYS, "bound", "baseline"],
  samples: 4,
  byScore: true,
  parse(shared, fields) {
    const bound = requireChoice("objective.bound", fields.bound ?? "elbo", ["elbo", "iwae"]);
    const baseline = requireChoice(
      "objective.baseline",
      fields.baseline ?? "leaveOneOut",
      BASELINES,
    );
    if (baseline === "leaveOneOut" && shared.samples < 2) {
      throw new RangeError(
        `Cannot read objective.samples: leaveOneOut needs 2 draws or more, got ${shared.samples}`,
      );
    }
    const klWeight = parseKlWeight(fields);
    if (bound === "iwae" && (klWeight.beta !== 1 || klWeight.warmUpEpochs > 0)) {
      throw new TypeError('Cannot read objective.beta: bound "iwae" takes no weight for the KL');
    }
    return { type: "reinforce", ...shared, ...klWeight, bound, baseline };
  },
  build: (g, terms, { bound, baseline }) =>
    bound === "elbo" ? elboLoss(g, terms, baseline) : iwaeLoss(g, terms, baseline),
};

function elboLoss(g: Graph, terms: Terms, baseline: ReinforceObjective["baseline"]): Loss {
  const klWeight = g.input("klWeight", SCALAR);
  const reconstruction = reconstructionOf(g, terms), kl = klOf(g, terms);
  const loss = g.add(reconstruction, g.mul(klWeight, kl));
  const { logLikelihoods, logPriors, logPosteriors, klPerDimension } = terms;
  const rewards = klPerDimension
    ? logLikelihoods
    : g.add(logLikelihoods, g.mul(klWeight, g.sub(logPriors, logPosteriors)));
  const values = { loss, reconstruction, kl };
  const others = () => othersMean(g, rewards);
  const share = 1 / rewards.shape.cols;
  return lossByScore(g, terms, values, { baseline, rewards, others, share });
}

function iwaeLoss(g: Graph, terms: Terms, baseline: ReinforceObjective["baseline"]): Loss {
  const bound = boundOf(g, terms.logWeights);
  const loss = negative(g, g.sumRows(bound, { mean: true }));
  const values = { loss, reconstruction: reconstructionOf(g, terms), kl: klOf(g, terms) };
  const rewards = stretched(g, bound, terms.logWeights.shape);
  const others = () => othersBound(g, terms.logWeights);
  return lossByScore(g, terms, values, { baseline, rewards, others, share: 1 });
}

interface Rewards {
  readonly baseline: ReinforceObjective["baseline"];
  /** f, `[B, K]`. */
  readonly rewards: Node;
  /** The leave-one-out baseline, `[B, K]`. */
  others(): Node;
  /** The weight of each draw's ln q. */
  readonly share: number;
}

function lossByScore(
  g: Graph,
  { x, scores }: Terms,
  values: Omit<Loss, "gradients">,
  { baseline, rewards, others, share }: Rewards,
): Loss {
  const learned = baseline === "learned" ? learnedBaseline(g, x, rewards) : undefined;
  const baselineValue = baseline === "leaveOneOut" ? others() : learned?.value;
  const advantages = g.stopGradient(baselineValue ? g.sub(rewards, baselineValue) : rewards);
  const draws = rewards.shape.cols;
  const scoreTerm = meanOfAll(g, g.mul(advantages, scores!), -share * draws);
  const surrogate = g.add(values.loss, scoreTerm);
  return {
    ...values,
    auxiliary: learned,
    gradients: (parameters) => gradient(g, surrogate, parameters),
  };
}

/** For each column of `[B, K]`, the mean of the other columns. */
function othersMean(g: Graph, x: Node): Node {
  const others = g.sub(g.sumCols(x), x);
  return scaled(g, others, 1 / (x.shape.cols - 1));
}

/** ln (1/K (Σ_(j ≠ k) w_j + e^(mean of the other ln w_j))), `[B, K]`. */
function othersBound(g: Graph, logWeights: Node): Node {
  const draws = logWeights.shape.cols;
  const change = g.sub(othersMean(g, logWeights), logWeights);
  const column = g.reshape(change, batched(1, draws));
  const repeated = g.repeatRows(logWeights, { times: draws });
  const replaced = g.add(repeated, g.mul(column, forEachRow(g, identity(g, draws))));
  return g.reshape(boundOf(g, replaced), logWeights.shape);
}
