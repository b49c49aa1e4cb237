/** What a family of latent layers must offer: one file each, one line each in `latents.ts`. */
import type { MergedRequest, Posterior, PosteriorRequest } from "../distributions/posterior.ts";
import type { Prior } from "../distributions/prior.ts";
import type { Graph } from "../graph/graph.ts";
import type { Scope } from "../layers/scope.ts";

export interface LatentFamily<Spec> {
  /**
   * The complete spec of what a user wrote, `type` included.
   * @throws TypeError or RangeError naming what is below `field`
   */
  parse(field: string, value: unknown): Spec;
  /** Columns of z. */
  size(spec: Spec): number;
  /** q(z | h), with its draws. */
  posterior(scope: Scope, spec: Spec, request: PosteriorRequest): Posterior;
  /**
   * q(z | h, z above) below the top of a ladder, one for each draw above. A spec that has none is refused by
   * `requireMergeable`.
   */
  merged?(scope: Scope, spec: Spec, request: MergedRequest): Posterior;
  /** @throws TypeError naming what, below `field`, cannot stand below the top of a ladder */
  requireMergeable?(field: string, spec: Spec): void;
  /** The p(z) without parameters that `{ "type": "standard" }` means for this family. */
  standardPrior(g: Graph, spec: Spec): Prior;
  /** It cannot stand below another layer: p(z | z above) is always a Gaussian. */
  readonly onlyOnTop?: true;
  /** It is no distribution: its model has no other layer, and no prior. */
  readonly isAlone?: true;
}
