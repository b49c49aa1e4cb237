/**
 * Bounds on ln p(x) from K importance weights w_k = p(x | z_k) p(z_k) / q(z_k | x), per row, in nats:
 *
 *   iwae    ln (1/K Σ w)                          Burda, Grosse and Salakhutdinov, 2016
 *   renyi   1/(1-α) · ln (1/K Σ w^(1-α))          the VR bound of Li and Turner, 2016, by K draws
 *
 * iwae is renyi with α = 0. α = 1 is the mean of ln w, the ELBO estimated from the draws. With K draws, the value and
 * the gradient of renyi are biased estimates of those of its bound.
 *
 * Estimators of iwae's gradient: "standard" differentiates the value and is unbiased for it, but its signal-to-noise
 * ratio for q falls as 1/√K (Rainforth et al., 2018). "dreg" is also unbiased and its ratio does not fall. "stl" is
 * biased for K > 1. All give the same gradient for p. See `path_gradient.ts`.
 */
import { requireChoice, requireNumber } from "../core/validate.ts";
import { gradient } from "../graph/gradient.ts";
import type { Graph } from "../graph/graph.ts";
import { meanOfAll } from "../layers/means.ts";
import { scaled } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import type { Loss, ObjectiveFamily, SharedOptions } from "./objective_family.ts";
import { pathGradients } from "./path_gradient.ts";
import { boundOf, klOf, reconstructionOf, type Terms } from "./terms.ts";

/** `iwae`: -ln of the mean importance weight over `samples` draws. */
export interface IwaeObjective extends SharedOptions {
  /** The importance-weighted bound. */
  readonly type: "iwae";
  /** How its gradient is estimated; default "standard". */
  readonly estimator: "standard" | "stl" | "dreg";
}

/** `renyi`: the variational Rényi bound, estimated from `samples` draws. */
export interface RenyiObjective extends SharedOptions {
  /** The variational Rényi bound. */
  readonly type: "renyi";
  /** 0 gives the importance-weighted bound, 1 the ELBO; the bound falls as alpha rises. Default 0.5. */
  readonly alpha: number;
}

/** Default number of draws: with one draw, all of these bounds would be the ELBO. */
const DEFAULT_SAMPLES = 5;

const ESTIMATORS: readonly IwaeObjective["estimator"][] = ["standard", "stl", "dreg"];

/** Minimum distance of α from 1: closer, float32 loses the bound in 1/(1-α). */
const MIN_ALPHA_DISTANCE = 0.01;

export const iwae: ObjectiveFamily<IwaeObjective> = {
  keys: ["estimator"],
  samples: DEFAULT_SAMPLES,
  parse: (shared, { estimator = "standard" }) => ({
    type: "iwae",
    ...shared,
    estimator: requireChoice("objective.estimator", estimator, ESTIMATORS),
  }),
  build(g, terms, { estimator }) {
    const built = boundLoss(g, terms, 0);
    if (estimator === "standard") return built;
    const weights = g.softmaxCols(terms.logWeights);
    const ratio = estimator === "dreg" ? weights : undefined;
    const request = { logWeights: terms.logWeights, weights, ratio, estimator };
    return { ...built, gradients: (parameters) => pathGradients(g, terms, request, parameters) };
  },
};

export const renyi: ObjectiveFamily<RenyiObjective> = {
  keys: ["alpha"],
  samples: DEFAULT_SAMPLES,
  parse(shared, { alpha = 0.5 }) {
    const value = requireNumber("objective.alpha", alpha, { min: -100, max: 100 });
    if (value === 1 || Math.abs(value - 1) >= MIN_ALPHA_DISTANCE) {
      return { type: "renyi", ...shared, alpha: value };
    }
    throw new RangeError(
      `Cannot read objective.alpha: must be 1 or differ from it by ${MIN_ALPHA_DISTANCE}, got ${value}`,
    );
  },
  build: (g, terms, { alpha }) => boundLoss(g, terms, alpha),
};

function boundLoss(g: Graph, terms: Terms, alpha: number): Loss {
  const loss = alpha === 1
    ? meanOfAll(g, terms.logWeights, -1)
    : negativeBound(g, terms.logWeights, 1 - alpha);
  return {
    loss,
    reconstruction: reconstructionOf(g, terms),
    kl: klOf(g, terms),
    gradients: (parameters) => gradient(g, loss, parameters),
  };
}

/** -1/power · ln (1/K Σ w^power), averaged over rows. */
function negativeBound(g: Graph, logWeights: Node, power: number): Node {
  const powers = power === 1 ? logWeights : scaled(g, logWeights, power);
  const mean = g.sumRows(boundOf(g, powers), { mean: true });
  return scaled(g, mean, -1 / power);
}
