/**
 * A scope: the graph that layers build into, and the parameters they declare while doing so.
 *
 * Layers name their parameters as they build, so the list of a model's parameters is what building
 * it once declares: it cannot disagree with the graph.
 */
import type { Graph } from "../graph/graph.ts";
import type { Node } from "../ops/spec.ts";

/** How a parameter starts. `fanIn` and `fanOut` are its rows and columns. */
export type Initializer =
  | { readonly type: "xavier" }
  | { readonly type: "he" }
  | { readonly type: "constant"; readonly value: number };

/** A trainable matrix, `[rows, cols]`. */
export interface ParameterSpec {
  readonly name: string;
  readonly rows: number;
  readonly cols: number;
  readonly initializer: Initializer;
}

export interface Scope {
  readonly g: Graph;
  /** The graph is that of a training step, where a statistic of the batch may stand for a parameter. */
  readonly training: boolean;
  readonly declared: readonly ParameterSpec[];
  declare(name: string, rows: number, cols: number, initializer: Initializer): Node;
}

/** A scope over `g`. Declaring a name again gives the same node. */
export function createScope(g: Graph, { training = false } = {}): Scope {
  const declared = new Map<string, ParameterSpec>();
  return {
    g,
    training,
    get declared() {
      return [...declared.values()];
    },
    declare(name, rows, cols, initializer) {
      if (!declared.has(name)) declared.set(name, { name, rows, cols, initializer });
      return g.parameter(name, rows, cols);
    },
  };
}
