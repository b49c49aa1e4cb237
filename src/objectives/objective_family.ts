/** What a family of objectives must offer: one file each, one line each in `objective.ts`. */
import type { Fields } from "../core/validate.ts";
import type { Graph } from "../graph/graph.ts";
import type { ParameterSpec } from "../layers/scope.ts";
import type { Node } from "../ops/spec.ts";
import type { Corruption } from "./corruption.ts";
import type { Terms } from "./terms.ts";

/** What every objective can be told. */
export interface SharedOptions {
  /** Draws of z per row. */
  readonly samples: number;
  /** What the encoder sees in place of the row; the row itself by default. */
  readonly corruption: Corruption;
}

/** What is minimised, and how. */
export interface Loss {
  /** What is reported as the objective to minimise, the mean over rows, nats, `[1, 1]`. */
  readonly loss: Node;
  /** -E_q[ln p(x | z)], likewise. */
  readonly reconstruction: Node;
  /** KL(q ‖ p), likewise. */
  readonly kl: Node;
  /** The estimate of d loss / d parameter, which need not be the derivative of `loss` itself. */
  gradients(parameters: readonly Node[]): readonly Node[];
  /** What is trained beside the model, and belongs to the run alone. */
  readonly auxiliary?: Auxiliary;
}

/** Networks of the objective's own: state of the run, which the optimiser steps as it does the model. */
export interface Auxiliary {
  /** Names and shapes of what the graph holds as state. */
  readonly parameters: readonly ParameterSpec[];
  /** One for each. */
  readonly gradients: readonly Node[];
}

export interface ObjectiveFamily<Spec> {
  /** The names that it takes besides `type` and the shared ones. */
  readonly keys: readonly string[];
  /** Draws of z per row, where the user does not say. */
  readonly samples: number;
  /** It needs `Terms.aggregate`. */
  readonly needsReference?: true;
  /** It needs `Terms.labels`, and the others cannot take them. */
  readonly needsLabels?: true;
  /** It is for draws that let no gradient pass, `Terms.scores`; the others are for those that do. */
  readonly byScore?: true;
  /**
   * The complete spec, from fields that hold no other names.
   * @throws TypeError or RangeError naming the field, as `objective.…`
   */
  parse(shared: SharedOptions, fields: Fields): Spec;
  /**
   * Numbers that change while training are inputs of the program, `[1, 1]`, under the names in
   * `training/program/schedule.ts`.
   * @throws RangeError if the model does not offer a term that the spec needs
   */
  build(g: Graph, terms: Terms, spec: Spec): Loss;
}
