/**
 * The interface of a normalising flow: an invertible map of draws, with the logarithm of its Jacobian determinant. A
 * flow's coefficients may depend on the row of a draw; they are then amortised, that is, dense functions of the
 * encoder's output for that row.
 */
import type { Scope } from "../layers/scope.ts";
import type { Node } from "../ops/spec.ts";

/** Inputs for building a flow. */
export interface FlowRequest {
  /** Prefix of its parameter names: `encoder.flow0`. */
  readonly name: string;
  /** Draws before the flow, `[r, L]`. */
  readonly z: Node;
  /** Its index among the flows of its layer; even and odd flows alternate which dimensions they transform. */
  readonly index: number;
  /** A dense function of the row, one row per draw, `[r, cols]`, named `<name>.<part>`. */
  amortise(part: string, cols: number): Node;
}

/** Draws after a flow. */
export interface Transformed {
  /** `[r, L]` */
  readonly z: Node;
  /** ln |det ∂z / ∂(z before)|, nats, `[r, 1]`. */
  readonly logDet: Node;
}

export interface FlowFamily<Spec> {
  /**
   * Completes a user's spec, `type` included.
   * @param size dimensions of z
   * @throws TypeError or RangeError naming the invalid field under `field`
   */
  parse(field: string, value: unknown, size: number): Spec;
  apply(scope: Scope, spec: Spec, request: FlowRequest): Transformed;
}
