/**
 * Gaussian latent layers, `{ "type": "gaussian", "size", "posterior", "flows" }`: a Gaussian with a diagonal or full
 * covariance, and flows applied to its draws:
 *
 *   ln q(z) = ln q(z before) - Σ ln |det| of the flows
 */
import { requireChoice, requireObject } from "../../core/validate.ts";
import { diagonalPosterior, mergedPosterior } from "../../distributions/diagonal_posterior.ts";
import type { Posterior, PosteriorRequest } from "../../distributions/posterior.ts";
import { fullPosterior } from "../../distributions/full_posterior.ts";
import { standardNormal } from "../../distributions/prior.ts";
import { applyFlows, type FlowInput, type FlowSpec, parseFlows } from "../../flows/mod.ts";
import { dense } from "../../layers/mlp.ts";
import type { Scope } from "../../layers/scope.ts";
import { repeated } from "../../ops/shorthand.ts";
import type { Node } from "../../ops/spec.ts";
import type { LatentFamily } from "./latent_family.ts";
import { requireWidth } from "../width.ts";

/** One layer of real-valued latent variables. */
export interface GaussianLatent {
  /** The family of q(z | x). */
  readonly type: "gaussian";
  /** Dimensions. */
  readonly size: number;
  /** The form of its covariance. */
  readonly posterior: PosteriorForm;
  /** Flows applied to its draws, in order. */
  readonly flows: readonly FlowSpec[];
}

/** A Gaussian latent layer as a user writes it. */
export interface GaussianLatentInput {
  /** "gaussian". */
  readonly type?: "gaussian";
  /** Dimensions. */
  readonly size: number;
  /** "diagonal" (default), or "full" for a full covariance per row. */
  readonly posterior?: PosteriorForm;
  /** Flows applied to its draws, in order; default none. */
  readonly flows?: readonly FlowInput[];
}

/** The forms of a Gaussian posterior's covariance. */
export type PosteriorForm = "diagonal" | "full";

const POSTERIORS: {
  readonly [F in PosteriorForm]: (
    scope: Scope,
    size: number,
    request: PosteriorRequest,
  ) => Posterior;
} = { diagonal: diagonalPosterior, full: fullPosterior };

const FORMS = Object.keys(POSTERIORS) as PosteriorForm[];

export const gaussianLatent: LatentFamily<GaussianLatent> = {
  parse(field, value) {
    const fields = requireObject(field, value, ["type", "size", "posterior", "flows"]);
    const size = requireWidth(`${field}.size`, fields.size);
    return {
      type: "gaussian",
      size,
      posterior: requireChoice(`${field}.posterior`, fields.posterior ?? "diagonal", FORMS),
      flows: parseFlows(`${field}.flows`, fields.flows ?? [], size),
    };
  },
  size: ({ size }) => size,
  posterior(scope, { size, posterior, flows }, request) {
    const base = POSTERIORS[posterior](scope, size, request);
    return flows.length === 0 ? base : throughFlows(scope, flows, base, request);
  },
  merged(scope, { size, flows }, request) {
    const base = mergedPosterior(scope, size, request);
    return flows.length === 0 ? base : throughFlows(scope, flows, base, request);
  },
  requireMergeable(field, { posterior }) {
    if (posterior === "diagonal") return;
    throw new TypeError(
      `Cannot read ${field}.posterior: below the top of a ladder it must be "diagonal", as p(z | z above) is, got "${posterior}"`,
    );
  },
  standardPrior: (g, { size }) => standardNormal(g, size),
};

function throughFlows(
  scope: Scope,
  flows: readonly FlowSpec[],
  base: Posterior,
  { name, hidden }: PosteriorRequest,
): Posterior {
  const { g } = scope;
  const through = (z: Node) =>
    applyFlows(
      scope,
      flows,
      name,
      z,
      (part, cols) =>
        repeated(g, dense(scope, part, hidden, cols), z.shape.rows / hidden.shape.rows),
    );
  const { z, logDet } = through(base.z);
  return {
    mean: through(base.mean).z,
    logVar: base.logVar,
    z,
    logDensity: g.sub(base.logDensity, logDet),
    path: base.path,
    klTo: () => undefined,
  };
}
