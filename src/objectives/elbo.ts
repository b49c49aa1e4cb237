/**
 * The evidence lower bound, per row, in nats (derivations A.1, boxed form):
 *
 *   ELBO(x) = E_q(z|x)[ln p(x | z)] - KL(q(z | x) ‖ p(z)) ≤ ln p(x)
 *   loss    = -E_q[ln p(x | z)] + beta · penalty(KL)
 *
 * The expectation is the mean over K draws. The KL is in closed form if there is one and `kl` is "analytic", else the
 * mean of ln q - ln p over the draws. The penalty is one of
 *
 *   KL                                  Higgins et al., 2017 (beta-VAE)
 *   Σ_d max(freeBits, mean_rows KL_d)   Kingma et al., 2016: free nats for each dimension
 *   |KL - C|, C rising to a capacity    Burgess et al., 2018; KL is the mean over rows
 */
import { SCALAR } from "../core/shape.ts";
import { type Fields, requireChoice, requireNumber, requireObject } from "../core/validate.ts";
import { gradient } from "../graph/gradient.ts";
import type { Graph } from "../graph/graph.ts";
import { negative } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import type { ObjectiveFamily, SharedOptions } from "./objective_family.ts";
import { pathGradients } from "./path_gradient.ts";
import { klOf, reconstructionOf, sampledKlOf, type Terms } from "./terms.ts";
import { KL_WEIGHT_KEYS, type KlWeight, parseKlWeight } from "./kl_weight.ts";

/** `elbo`: -E_q[ln p(x | z)] + beta · KL(q ‖ p), with `samples` draws of z per row. */
export interface ElboObjective extends SharedOptions, KlWeight {
  /** The evidence lower bound. */
  readonly type: "elbo";
  /** "analytic" (default): in closed form if there is one. "monteCarlo": estimated from the draws. */
  readonly kl: "analytic" | "monteCarlo";
  /** "standard" (default), or "stl": gradients reach q only through the draws, and the KL is estimated from them. */
  readonly estimator: "standard" | "stl";
  /** Nats of KL per dimension that cost nothing; default 0. */
  readonly freeBits: number;
  /** A target for the KL in place of 0; null for none. */
  readonly capacity: Capacity | null;
}

/** The KL's target, rising linearly from 0. */
export interface Capacity {
  /** The final target. */
  readonly nats: number;
  /** Epochs until the final target is reached. */
  readonly epochs: number;
}

export const elbo: ObjectiveFamily<ElboObjective> = {
  keys: [...KL_WEIGHT_KEYS, "kl", "estimator", "freeBits", "capacity"],
  samples: 1,
  parse(shared, fields) {
    const estimators = ["standard", "stl"] as const;
    const estimator = requireChoice(
      "objective.estimator",
      fields.estimator ?? "standard",
      estimators,
    );
    const isStl = estimator === "stl";
    const freeBits = requireNumber("objective.freeBits", fields.freeBits ?? 0, {
      min: 0,
      max: 1e6,
    });
    const capacity = parseCapacity(fields.capacity ?? null);
    if (capacity && freeBits > 0) refuseBoth("capacity", "freeBits");
    if (isStl && capacity) refuseBoth('estimator "stl"', "capacity");
    if (isStl && freeBits > 0) refuseBoth('estimator "stl"', "freeBits");
    const forms = isStl ? ["monteCarlo"] as const : ["analytic", "monteCarlo"] as const;
    const kl = requireChoice<"analytic" | "monteCarlo">(
      "objective.kl",
      fields.kl ?? forms[0],
      forms,
    );
    return { type: "elbo", ...shared, ...parseKlWeight(fields), kl, estimator, freeBits, capacity };
  },

  build(g, terms, spec) {
    const klWeight = g.input("klWeight", SCALAR);
    const reconstruction = reconstructionOf(g, terms);
    const kl = spec.kl === "monteCarlo" ? sampledKlOf(g, terms) : klOf(g, terms);
    const loss = g.add(reconstruction, g.mul(klWeight, penaltyOf(g, terms, kl, spec)));
    const gradients = (parameters: readonly Node[]) =>
      spec.estimator === "stl"
        ? stickingTheLanding(g, terms, klWeight, parameters)
        : gradient(g, loss, parameters);
    return { loss, reconstruction, kl, gradients };
  },
};

function parseCapacity(value: unknown): Capacity | null {
  if (value === null) return null;
  const { nats, epochs } = requireObject("objective.capacity", value, ["nats", "epochs"]) as Fields;
  return {
    nats: requireNumber("objective.capacity.nats", nats, { min: 0, max: 1e6 }),
    epochs: requireNumber("objective.capacity.epochs", epochs, { min: 0, max: 1e7 }),
  };
}

function refuseBoth(one: string, other: string): never {
  throw new TypeError(`Cannot read objective: ${one} and ${other} cannot be combined`);
}

function penaltyOf(
  g: Graph,
  terms: Terms,
  kl: Node,
  { freeBits, capacity, ...spec }: ElboObjective,
) {
  if (capacity) {
    const excess = g.sub(kl, g.input("capacity", SCALAR));
    const below = negative(g, excess);
    // |u| = relu(u) + relu(-u).
    return g.add(g.activation(excess, { kind: "relu" }), g.activation(below, { kind: "relu" }));
  }
  if (freeBits === 0) return kl;
  const { klPerDimension } = terms;
  if (!klPerDimension || spec.kl === "monteCarlo") {
    throw new RangeError(
      "Cannot build objective: freeBits needs a KL in closed form, per dimension: there is none",
    );
  }
  const perDimension = g.sumRows(klPerDimension, { mean: true });
  return g.sumCols(g.clamp(perDimension, { low: freeBits, high: MAX_KL }));
}

/** Above any KL for which the float32 loss does not overflow. */
const MAX_KL = 1e38;

function stickingTheLanding(
  g: Graph,
  terms: Terms,
  klWeight: Node,
  parameters: readonly Node[],
): Node[] {
  const { logLikelihoods, logPriors, logPosteriors } = terms;
  const logWeights = g.add(logLikelihoods, g.mul(klWeight, g.sub(logPriors, logPosteriors)));
  const weights = 1 / logLikelihoods.shape.cols;
  return pathGradients(g, terms, { logWeights, weights, estimator: "stl" }, parameters);
}
