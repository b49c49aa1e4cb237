/** Gaussian latent layers, `{ "type": "gaussian", "size", "posterior", "flows" }`. */
import { requireChoice, requireObject } from "../core/validate.ts";
import { diagonalPosterior } from "../distributions/diagonal_posterior.ts";
import type { Posterior, PosteriorRequest } from "../distributions/posterior.ts";
import { standardNormal } from "../distributions/prior.ts";
import type { Scope } from "../layers/scope.ts";
import type { LatentFamily } from "./latent_family.ts";
import { requireWidth } from "./width.ts";

/** One layer of real-valued latent variables. */
export interface GaussianLatent {
  /** The family of q(z | x). */
  readonly type: "gaussian";
  /** Dimensions. */
  readonly size: number;
  /** The form of its covariance. */
  readonly posterior: PosteriorForm;
  /** Flows on top of it; none yet. */
  readonly flows: readonly [];
}

/** A Gaussian latent layer as a user writes it. */
export interface GaussianLatentInput {
  /** "gaussian". */
  readonly type?: "gaussian";
  /** Dimensions. */
  readonly size: number;
  /** "diagonal". */
  readonly posterior?: PosteriorForm;
  /** None. */
  readonly flows?: readonly never[];
}

/** The forms of a Gaussian posterior's covariance. */
export type PosteriorForm = "diagonal";

const POSTERIORS: {
  readonly [F in PosteriorForm]: (
    scope: Scope,
    size: number,
    request: PosteriorRequest,
  ) => Posterior;
} = { diagonal: diagonalPosterior };

const FORMS = Object.keys(POSTERIORS) as PosteriorForm[];

export const gaussianLatent: LatentFamily<GaussianLatent> = {
  parse(field, value) {
    const fields = requireObject(field, value, ["type", "size", "posterior", "flows"]);
    const flows = fields.flows ?? [];
    if (!Array.isArray(flows) || flows.length > 0) {
      throw new TypeError(`Cannot read ${field}.flows: expected an empty list`);
    }
    return {
      type: "gaussian",
      size: requireWidth(`${field}.size`, fields.size),
      posterior: requireChoice(`${field}.posterior`, fields.posterior ?? "diagonal", FORMS),
      flows: [],
    };
  },
  size: ({ size }) => size,
  posterior: (scope, { size, posterior }, request) => POSTERIORS[posterior](scope, size, request),
  standardPrior: (g, { size }) => standardNormal(g, size),
};
