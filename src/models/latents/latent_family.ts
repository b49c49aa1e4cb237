/** The interface of a family of latent layers: one file each, one line each in `models/latents.ts`. */
import type { MergedRequest, Posterior, PosteriorRequest } from "../../distributions/posterior.ts";
import type { Prior } from "../../distributions/prior.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Scope } from "../../layers/scope.ts";

export interface LatentFamily<Spec> {
  /**
   * Completes a user's spec, `type` included.
   * @throws TypeError or RangeError naming the invalid field under `field`
   */
  parse(field: string, value: unknown): Spec;
  /** Columns of z. */
  size(spec: Spec): number;
  /** q(z | h), with its draws. */
  posterior(scope: Scope, spec: Spec, request: PosteriorRequest): Posterior;
  /**
   * q(z | h, z above) below the top of a ladder, one for each draw above. `requireMergeable` refuses specs that have
   * none.
   */
  merged?(scope: Scope, spec: Spec, request: MergedRequest): Posterior;
  /** @throws TypeError naming the option under `field` that is not allowed below the top of a ladder */
  requireMergeable?(field: string, spec: Spec): void;
  /** The parameter-free p(z) that `{ "type": "standard" }` means for this family. */
  standardPrior(g: Graph, spec: Spec): Prior;
  /** It cannot be below another layer: p(z | z above) is always a Gaussian. */
  readonly onlyOnTop?: true;
  /** It is not a distribution: its model has no other layer, and no prior. */
  readonly mustBeOnlyLayer?: true;
}
