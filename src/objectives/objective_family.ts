/** The interface of a family of objectives: one file each, one line each in `objective.ts`. */
import type { Fields } from "../core/validate.ts";
import type { Graph } from "../graph/graph.ts";
import type { ParameterSpec } from "../layers/scope.ts";
import type { Node } from "../ops/spec.ts";
import type { Corruption } from "./corruption.ts";
import type { Terms } from "./terms.ts";

/** Options of every objective. */
export interface SharedOptions {
  /** Draws of z per row. */
  readonly samples: number;
  /** Corruption of the encoder's input; default none. */
  readonly corruption: Corruption;
}

/** The loss to minimise, its reported parts and its gradients. */
export interface Loss {
  /** The reported objective to minimise, averaged over rows, nats, `[1, 1]`. */
  readonly loss: Node;
  /** -E_q[ln p(x | z)], averaged over rows, nats, `[1, 1]`. */
  readonly reconstruction: Node;
  /** KL(q ‖ p), averaged over rows, nats, `[1, 1]`. */
  readonly kl: Node;
  /** Estimates of d loss / d parameter, which need not be the derivative of `loss` itself. */
  gradients(parameters: readonly Node[]): readonly Node[];
  /** Networks trained beside the model, which belong only to the run. */
  readonly auxiliary?: Auxiliary;
}

/** Networks of the objective itself: state of the run, updated by the optimiser like the model. */
export interface Auxiliary {
  /** Names and shapes of these networks' parameters, which the graph holds as state. */
  readonly parameters: readonly ParameterSpec[];
  /** One gradient per parameter. */
  readonly gradients: readonly Node[];
}

export interface ObjectiveFamily<Spec> {
  /** Its keys besides `type` and the shared ones. */
  readonly keys: readonly string[];
  /** Default number of draws of z per row. */
  readonly samples: number;
  /** Whether it needs `Terms.aggregate`. */
  readonly needsReference?: true;
  /** Whether it needs `Terms.labels`; other objectives cannot use labels. */
  readonly needsLabels?: true;
  /**
   * Whether it is for draws that no gradient passes through, `Terms.scores`; other objectives need gradients through
   * the draws.
   */
  readonly byScore?: true;
  /**
   * Completes the spec, from fields with no other keys.
   * @throws TypeError or RangeError naming the field, as `objective.…`
   */
  parse(shared: SharedOptions, fields: Fields): Spec;
  /**
   * Builds the loss. Scalars that change during training are inputs of the program, `[1, 1]`, under the names in
   * `training/program/schedule.ts`.
   * @throws RangeError if the model lacks a term that the spec needs
   */
  build(g: Graph, terms: Terms, spec: Spec): Loss;
}
