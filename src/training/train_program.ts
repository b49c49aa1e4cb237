/**
 * The training step as one program: forward, backward and optimiser, in one run.
 *
 *   inputs   x [B, D], key (noise), klWeight [1, 1], schedule [1, 3] (`ops/optimizer.ts`)
 *   outputs  loss, reconstruction, kl, squaredNorm (of the whole gradient, before clipping), and
 *            meanOfMean, meanOfSquare [1, L]: moments of the posterior mean over the batch
 */
import { fixed, SCALAR } from "../core/shape.ts";
import { gradient } from "../graph/gradient.ts";
import { createGraph, type Graph } from "../graph/graph.ts";
import { layOut } from "../graph/layout.ts";
import { type Layout, type Plan, plan } from "../graph/plan.ts";
import { createScope, type ParameterSpec, type Scope } from "../layers/scope.ts";
import { decoder, encoder } from "../models/vae_graph.ts";
import type { ModelSpec } from "../models/spec.ts";
import { type ElboLoss, elboLoss, elboTerms } from "../objectives/elbo.ts";
import type { Objective } from "../objectives/objective.ts";
import type { Node } from "../ops/spec.ts";
import { posteriorNoise, rowsInput } from "../scoring/programs.ts";
import { batched } from "../core/shape.ts";
import type { Optimizer } from "./options.ts";

/** The state an optimiser keeps for each parameter, in the order of its operands. */
export function optimizerState(
  optimizer: Optimizer,
  parameters: readonly ParameterSpec[],
): ParameterSpec[] {
  const kinds = optimizer.type === "sgd" ? ["velocity"] : ["m", "v"];
  return parameters.flatMap((spec) =>
    kinds.map((kind) => ({ ...spec, name: `${spec.name}.${kind}` }))
  );
}

export function stateLayout(optimizer: Optimizer, parameters: readonly ParameterSpec[]): Layout {
  return layOut("state", optimizerState(optimizer, parameters));
}

export interface TrainPlanRequest {
  readonly spec: ModelSpec;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  readonly capacity: number;
  readonly parameters: Layout;
  readonly state: Layout;
  /** Where the noise comes from: drawn from the key by default, or `givenNoise`. */
  readonly noiseFrom?: typeof posteriorNoise;
}

export function trainPlan(request: TrainPlanRequest): Plan {
  const { spec, objective, optimizer, capacity, parameters, state } = request;
  const { noiseFrom = posteriorNoise } = request;
  const g = createGraph();
  const scope = createScope(g, { training: true });
  const noise = noiseFrom(g, spec, objective.samples);
  const { loss, reconstruction, kl, posteriorMean } = lossOf(scope, spec, noise);
  const nodes = scope.declared.map(({ name, rows, cols }) => g.parameter(name, rows, cols));
  const gradients = gradient(g, loss, nodes);
  const squaredNorm = gradients.map((each) => g.squaredNorm(each)).reduce((a, b) => g.add(a, b));
  const scale = g.clipScale(squaredNorm, { maxNorm: optimizer.clipNorm });
  const schedule = g.input("schedule", fixed(1, 3));
  const effects = nodes.map((node, i) => step(g, optimizer, node, gradients[i], scale, schedule));
  const mean = (node: Node) => g.sumRows(node, { mean: true });
  const outputs = {
    loss,
    reconstruction,
    kl,
    squaredNorm,
    meanOfMean: mean(posteriorMean),
    meanOfSquare: mean(g.mul(posteriorMean, posteriorMean)),
  };
  return plan(g, { outputs, effects, capacity, parameters, state });
}

/** Loss and gradients for noise that the caller gives: inputs x, noise, klWeight. */
export function gradientPlan(
  spec: ModelSpec,
  objective: Objective,
  capacity: number,
  parameters: Layout,
): Plan {
  const g = createGraph();
  const scope = createScope(g, { training: true });
  const { loss } = lossOf(scope, spec, givenNoise(g, spec, objective.samples));
  const { declared } = scope;
  const nodes = declared.map(({ name, rows, cols }) => g.parameter(name, rows, cols));
  const gradients = gradient(g, loss, nodes);
  const named = gradients.map((node, i) => [declared[i].name, node] as const);
  return plan(g, { outputs: { loss, ...Object.fromEntries(named) }, capacity, parameters });
}

/** Noise that the caller writes before each run: the input `noise`, `[K·B, L]`. */
export function givenNoise(g: Graph, spec: ModelSpec, samples: number): Node {
  return g.input("noise", batched(spec.latent[0].size, samples));
}

function lossOf(scope: Scope, spec: ModelSpec, noise: Node): ElboLoss & { posteriorMean: Node } {
  const { g } = scope;
  const x = rowsInput(g, spec);
  const q = encoder(scope, spec, x);
  const terms = elboTerms(g, x, q, (z) => decoder(scope, spec, z), noise);
  return { ...elboLoss(g, terms, g.input("klWeight", SCALAR)), posteriorMean: q.mean };
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
