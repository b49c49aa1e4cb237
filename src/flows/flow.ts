/**
 * What every normalising flow offers: an invertible map of draws, with the logarithm of its Jacobian
 * determinant. A flow's numbers may depend on the row that a draw belongs to: they are then
 * amortised, that is dense functions of what the encoder made of the row.
 */
import type { Scope } from "../layers/scope.ts";
import type { Node } from "../ops/spec.ts";

/** What a flow is built from. */
export interface FlowRequest {
  /** Its parameters are named after it: `encoder.flow0`. */
  readonly name: string;
  /** Draws before, `[r, L]`. */
  readonly z: Node;
  /** Its place among the flows of its layer; even and odd ones treat dimensions in turns. */
  readonly index: number;
  /** A dense function of the row, one row for each draw, `[r, cols]`: `<name>.<part>`. */
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
   * The complete spec of what a user wrote, `type` included.
   * @param size dimensions of z
   * @throws TypeError or RangeError naming what is below `field`
   */
  parse(field: string, value: unknown, size: number): Spec;
  apply(scope: Scope, spec: Spec, request: FlowRequest): Transformed;
}
