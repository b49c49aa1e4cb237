/**
 * The training step as one program: forward, backward and optimiser, in one run.
 *
 *   inputs   x [B, D], key (noise), schedule [1, 3] (`ops/optimizer.ts`), and scheduled quantities such as
 *            klWeight [1, 1] (`schedule.ts`)
 *   outputs  loss, reconstruction, kl, squaredNorm (of the whole gradient, before clipping), and
 *            meanOfMean, meanOfSquare [1, L]: moments of the posterior mean over the batch
 */
import { STREAMS } from "../../core/random/streams.ts";
import { createGraph, type Graph } from "../../graph/graph.ts";
import { layOut } from "../../graph/layout.ts";
import { type Layout, type Plan, plan } from "../../graph/plan.ts";
import { drawBinary } from "../../layers/binary_draw.ts";
import { drawnNoise, givenNoise, type NoiseRequest, type NoiseSource } from "../../layers/noise.ts";
import { createScope, type ParameterSpec, type Scope } from "../../layers/scope.ts";
import { modelTerms, type Reference } from "../../models/model_terms.ts";
import { type BatchRows, rowsInput, withCells } from "../../models/batch_rows.ts";
import { labelledTerms } from "../../models/labels.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { corrupt } from "../../objectives/corruption.ts";
import { lossOf, type Objective } from "../../objectives/objective.ts";
import type { Auxiliary, Loss } from "../../objectives/objective_family.ts";
import type { Node } from "../../ops/spec.ts";
import type { Optimizer } from "../optimizer.ts";
import { optimizerState, optimizerSteps } from "./optimizer_steps.ts";

/** @param auxiliary parameters that the objective trains, which are part of the state */
export function stateLayout(
  optimizer: Optimizer,
  parameters: readonly ParameterSpec[],
  auxiliary: readonly ParameterSpec[] = [],
): Layout {
  return layOut("state", [
    ...optimizerState(optimizer, [...parameters, ...auxiliary]),
    ...auxiliary,
  ]);
}

export interface LossPlanRequest {
  readonly spec: ModelSpec;
  readonly objective: Objective;
  readonly capacity: number;
  readonly parameters: Layout;
  /** Needed by objectives over the aggregated posterior, see `referenceFor`. */
  readonly reference?: Reference;
  /** Whether rows are grey values, from which zeros and ones are drawn anew at every step. */
  readonly binarize?: boolean;
}

export interface TrainPlanRequest extends LossPlanRequest {
  readonly optimizer: Optimizer;
  readonly state: Layout;
  /** The source of noise: drawn from the key by default, or `givenNoise`. */
  readonly noise?: NoiseSource;
}

export function trainPlan(request: TrainPlanRequest): Plan {
  const { optimizer, capacity, parameters, state, noise = drawnNoise } = request;
  const g = createGraph();
  const scope = createScope(g, { noise, training: true });
  const { loss, reconstruction, kl, posteriorMean, auxiliary, ...built } = modelLoss(
    scope,
    request,
  );
  const nodes = scope.declared.map(({ name, rows, cols }) => g.parameter(name, rows, cols));
  const gradients = built.gradients(nodes);
  const { squaredNorm, effects } = optimizerSteps(g, optimizer, nodes, gradients);
  const ofAuxiliary = auxiliary ? auxiliarySteps(g, optimizer, auxiliary) : [];
  const mean = (node: Node) => g.sumRows(node, { mean: true });
  const outputs = {
    loss,
    reconstruction,
    kl,
    squaredNorm,
    meanOfMean: mean(posteriorMean),
    meanOfSquare: mean(g.mul(posteriorMean, posteriorMean)),
  };
  const all = [...effects, ...ofAuxiliary];
  return plan(g, { outputs, effects: all, capacity, parameters, state });
}

/** The steps of the objective's own networks. They are clipped and skipped separately, and do not affect the model. */
function auxiliarySteps(
  g: Graph,
  optimizer: Optimizer,
  { parameters, gradients }: Auxiliary,
): readonly Node[] {
  const nodes = parameters.map(({ name, rows, cols }) => g.state(name, rows, cols));
  return optimizerSteps(g, optimizer, nodes, gradients).effects;
}

/** The parameters that the objective trains in addition to the model, see `objectives/objective_family.ts`. */
export function auxiliaryParameters(request: LossPlanRequest): readonly ParameterSpec[] {
  const scope = createScope(createGraph(), { noise: drawnNoise, training: true });
  return modelLoss(scope, request).auxiliary?.parameters ?? [];
}

/** The loss alone, with noise from the key. */
export function lossPlan(request: LossPlanRequest): Plan {
  const g = createGraph();
  const { loss } = modelLoss(createScope(g, { noise: drawnNoise }), request);
  return plan(g, { ...request, outputs: { loss } });
}

/** The loss and its gradient with respect to every parameter, with noise as inputs by name. */
export function gradientPlan(
  request: LossPlanRequest & { readonly state: Layout },
): { readonly plan: Plan; readonly noises: readonly NoiseRequest[] } {
  const g = createGraph();
  const scope = createScope(g, { noise: givenNoise, training: true });
  const { loss, gradients } = modelLoss(scope, request);
  const { declared, requested: noises } = scope;
  const nodes = declared.map(({ name, rows, cols }) => g.parameter(name, rows, cols));
  const named = gradients(nodes).map((node, i) => [declared[i].name, node] as const);
  const outputs = { loss, ...Object.fromEntries(named) };
  return { plan: plan(g, { ...request, outputs }), noises };
}

function modelLoss(
  scope: Scope,
  { spec, objective, reference, binarize }: LossPlanRequest,
): Loss & { readonly posteriorMean: Node } {
  const { g } = scope;
  const given = rowsInput(g, spec);
  const rows = binarize ? binarized(scope, given, spec) : given;
  const encoderInput = corrupt(scope, rows.x, objective.corruption);
  const request = { samples: objective.samples, encoderInput, reference };
  const { condition } = rows;
  const terms = spec.classifier && condition
    ? labelledTerms(scope, spec, { ...rows, condition }, request)
    : modelTerms(scope, spec, rows, request);
  return { ...lossOf(g, terms, objective), posteriorMean: terms.mean };
}

/** Takes grey values as the probabilities of ones, and draws zeros and ones anew in every run. */
function binarized(scope: Scope, rows: BatchRows, spec: ModelSpec): BatchRows {
  const request = { name: "binarization", stream: STREAMS.binarization };
  return withCells(scope.g, rows, drawBinary(scope, rows.x, request), spec);
}
