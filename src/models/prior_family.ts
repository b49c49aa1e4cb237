/** What a family of priors must offer: one file each, one line each in `priors.ts`. */
import type { Posterior } from "../distributions/posterior.ts";
import type { Prior } from "../distributions/prior.ts";
import type { Scope } from "../layers/scope.ts";
import type { Node } from "../ops/spec.ts";

/** What a prior may be built from. */
export interface PriorRequest {
  /** Columns of the z that it is over. */
  readonly size: number;
  /** Columns of what the encoder sees: those of the data, then those of the condition. */
  readonly inputs: number;
  /** What the latent layer takes for standard. */
  standard(): Prior;
  /** q(z | x) for rows `[r, inputs]`, by the model's own encoder, without draws. */
  encode(rows: Node): Posterior;
}

export interface PriorFamily<Spec> {
  /**
   * The complete spec of what a user wrote, `type` included.
   * @throws TypeError or RangeError naming what is below `field`
   */
  parse(field: string, value: unknown): Spec;
  /** p(z). Its parameters are named `prior.…`. */
  build(scope: Scope, spec: Spec, request: PriorRequest): Prior;
}
