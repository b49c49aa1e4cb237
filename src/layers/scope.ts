/**
 * A scope: the graph that layers build into, the parameters they declare, and the noise they request.
 *
 * Layers name their parameters as they build. The list of a model's parameters is what one build declares, so it cannot
 * disagree with the graph. The same holds for noise.
 */
import type { Graph } from "../graph/graph.ts";
import type { Node } from "../ops/spec.ts";
import { type NoiseRequest, type NoiseSource, noNoise } from "./noise.ts";

/** The initial values of a parameter; its fan-in and fan-out are its rows and columns. */
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
  /** Whether this is the graph of a training step, where a batch statistic may replace a parameter. */
  readonly training: boolean;
  readonly declared: readonly ParameterSpec[];
  /** Noise requested so far. */
  readonly requested: readonly NoiseRequest[];
  declare(name: string, rows: number, cols: number, initializer: Initializer): Node;
  /** Draws; undefined if the program uses point values instead: see `noise.ts`. */
  noise(request: NoiseRequest): Node | undefined;
}

/** A scope over `g`. Declaring a name again returns the same node. */
export function createScope(
  g: Graph,
  { noise = noNoise, training = false }: { noise?: NoiseSource; training?: boolean } = {},
): Scope {
  const declared = new Map<string, ParameterSpec>();
  const requested = new Map<string, NoiseRequest>();
  return {
    g,
    training,
    get declared() {
      return [...declared.values()];
    },
    get requested() {
      return [...requested.values()];
    },
    declare(name, rows, cols, initializer) {
      if (!declared.has(name)) declared.set(name, { name, rows, cols, initializer });
      return g.parameter(name, rows, cols);
    },
    noise(request) {
      requested.set(request.name, request);
      return noise(g, request);
    },
  };
}
