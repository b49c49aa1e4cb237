/**
 * A learned baseline: D · b(x), the expected reward of a row of D columns, where b is a network with one hidden layer,
 * trained by squared error on rewards per column. It belongs to the training run, not to the model: its parameters are
 * state (`baseline.…`), which checkpoints contain and model files do not. No gradient passes between it and the model.
 * Mnih and Gregor, "Neural variational inference and learning in belief networks", 2014, section 3.2.
 */
import { gradient } from "../graph/gradient.ts";
import type { Graph } from "../graph/graph.ts";
import { meanOfAll } from "../layers/means.ts";
import { dense, mlp } from "../layers/mlp.ts";
import { createScope, type Scope } from "../layers/scope.ts";
import { scaled } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import type { Auxiliary } from "./objective_family.ts";

const NETWORK = { hidden: [100], activation: "tanh" } as const;

/** A baseline, and the gradients that train it. */
export interface LearnedBaseline extends Auxiliary {
  /** The expected reward, nats, `[B, 1]`. */
  readonly value: Node;
}

/**
 * @param x       `[B, D]`
 * @param rewards `[B, K]`
 */
export function learnedBaseline(g: Graph, x: Node, rewards: Node): LearnedBaseline {
  const scope = stateScope(g), columns = x.shape.cols;
  const hidden = mlp(scope, "baseline", x, NETWORK);
  const perColumn = dense(scope, "baseline.value", hidden, 1);
  const targets = scaled(g, g.stopGradient(rewards), 1 / columns);
  const errors = g.sub(targets, perColumn);
  const error = meanOfAll(g, g.mul(errors, errors));
  const parameters = scope.declared;
  const nodes = parameters.map(({ name, rows, cols }) => g.state(name, rows, cols));
  return {
    value: scaled(g, perColumn, columns),
    parameters,
    gradients: gradient(g, error, nodes),
  };
}

/** A scope that declares state instead of model parameters. */
function stateScope(g: Graph): Scope {
  const scope = createScope(g);
  return {
    ...scope,
    get declared() {
      return scope.declared;
    },
    declare(name, rows, cols, initializer) {
      scope.declare(name, rows, cols, initializer);
      return g.state(name, rows, cols);
    },
  };
}
