/** What a family of latent layers must offer: one file each, one line each in `latents.ts`. */
import type { Posterior, PosteriorRequest } from "../distributions/posterior.ts";
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
  /** The p(z) without parameters that `{ "type": "standard" }` means for this family. */
  standardPrior(g: Graph, spec: Spec): Prior;
}
