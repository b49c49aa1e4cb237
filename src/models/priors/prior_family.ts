/** The interface of a family of priors: one file each, one line each in `models/priors.ts`. */
import type { Posterior } from "../../distributions/posterior.ts";
import type { Prior } from "../../distributions/prior.ts";
import type { Scope } from "../../layers/scope.ts";
import type { Node } from "../../ops/spec.ts";

/** Inputs for building a prior. */
export interface PriorRequest {
  /** Number of columns of z. */
  readonly size: number;
  /** Columns of the encoder's input: those of the data, then those of the condition. */
  readonly inputs: number;
  /** The latent layer's standard prior. */
  standard(): Prior;
  /** q(z | x) for rows `[r, inputs]`, by the model's own encoder, without draws. */
  encode(rows: Node): Posterior;
}

export interface PriorFamily<Spec> {
  /**
   * Completes a user's spec, `type` included.
   * @throws TypeError or RangeError naming the invalid field under `field`
   */
  parse(field: string, value: unknown): Spec;
  /** p(z). Its parameters are named `prior.…`. */
  build(scope: Scope, spec: Spec, request: PriorRequest): Prior;
}
