/** An optimiser as graph nodes: its state and its steps. The formulas are in `ops/optimizer.ts`. */
import { fixed } from "../../core/shape.ts";
import type { Graph } from "../../graph/graph.ts";
import type { ParameterSpec } from "../../layers/scope.ts";
import { sum } from "../../ops/shorthand.ts";
import type { Node } from "../../ops/spec.ts";
import type { Optimizer } from "../optimizer.ts";

/** The optimiser's state for each parameter, in the order of its operands. */
export function optimizerState(
  optimizer: Optimizer,
  parameters: readonly ParameterSpec[],
): ParameterSpec[] {
  const kinds = optimizer.type === "sgd" ? ["velocity"] : ["m", "v"];
  return parameters.flatMap((spec) =>
    kinds.map((kind) => ({ ...spec, name: `${spec.name}.${kind}` }))
  );
}

/** The optimiser's steps along the gradients, and the squared norm of all gradients before clipping. */
export function optimizerSteps(
  g: Graph,
  optimizer: Optimizer,
  parameters: readonly Node[],
  gradients: readonly Node[],
): { readonly squaredNorm: Node; readonly effects: readonly Node[] } {
  const squaredNorm = sum(g, gradients.map((each) => g.squaredNorm(each)));
  const scale = g.clipScale(squaredNorm, { maxNorm: optimizer.clipNorm });
  const schedule = g.input("schedule", fixed(1, 3));
  const effects = parameters.map((node, i) => {
    return step(g, optimizer, node, gradients[i], scale, schedule);
  });
  return { squaredNorm, effects };
}

function step(
  g: Graph,
  optimizer: Optimizer,
  parameter: Node,
  grad: Node,
  scale: Node,
  schedule: Node,
): Node {
  const { name, shape: { rows, cols } } = parameter;
  const state = (kind: string) => g.state(`${name}.${kind}`, rows, cols);
  if (optimizer.type === "sgd") {
    const { momentum } = optimizer;
    return g.sgdStep(parameter, grad, state("velocity"), scale, schedule, { momentum });
  }
  const { beta1, beta2, epsilon, weightDecay } = optimizer;
  const attrs = { beta1, beta2, epsilon, weightDecay };
  return g.adamStep(parameter, grad, state("m"), state("v"), scale, schedule, attrs);
}
