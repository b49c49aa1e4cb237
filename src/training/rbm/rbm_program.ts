/**
 * The training step of a Boltzmann machine as one program: Gibbs sweeps, the surrogate, its gradient and the optimiser.
 *
 *   inputs   x [B, D], key, schedule [1, 3]; for persistent chains also chain [B, D]
 *   outputs  gap = mean F(data) - mean F(samples), reconstruction = mean -ln p(v = x | h = p(h | x)),
 *            squaredNorm, and chain [B, D], the end of the sweeps
 */
import { batched } from "../../core/shape.ts";
import { STREAMS } from "../../core/random/streams.ts";
import { gradient } from "../../graph/gradient.ts";
import { createGraph } from "../../graph/graph.ts";
import { type Layout, type Plan, plan } from "../../graph/plan.ts";
import { drawnNoise } from "../../layers/noise.ts";
import { createScope, type Scope } from "../../layers/scope.ts";
import { gibbs } from "../../models/gibbs.ts";
import { rbmGraph, type RbmSpec } from "../../models/rbm.ts";
import { contrastiveDivergence } from "../../objectives/contrastive_divergence.ts";
import { negative } from "../../ops/shorthand.ts";
import type { Node } from "../../ops/spec.ts";
import { optimizerSteps } from "../program/optimizer_steps.ts";
import type { Optimizer } from "../optimizer.ts";
import type { Divergence } from "./rbm_options.ts";

/** Stream of the training draws. */
const GIBBS_NOISE = { name: "gibbs", stream: STREAMS.gibbs };

export interface RbmPlanRequest {
  readonly spec: RbmSpec;
  readonly objective: Divergence;
  readonly capacity: number;
  readonly parameters: Layout;
}

export function rbmTrainPlan(
  request: RbmPlanRequest & { readonly optimizer: Optimizer; readonly state: Layout },
): Plan {
  const { optimizer } = request;
  const g = createGraph();
  const scope = createScope(g, { noise: drawnNoise, training: true });
  const { gap, reconstruction, chain, gradients, nodes } = divergenceNodes(scope, request);
  const { squaredNorm, effects } = optimizerSteps(g, optimizer, nodes, gradients);
  return plan(g, { ...request, outputs: { gap, reconstruction, chain, squaredNorm }, effects });
}

/** The gap, the estimate of d mean(-ln p) / d parameter, and the end of the chains. */
export function divergenceNodes(scope: Scope, { spec, objective }: RbmPlanRequest) {
  const { g } = scope;
  const machine = rbmGraph(scope, spec);
  const { visible, hidden } = machine;
  const x = g.input("x", batched(spec.visible));
  const chainStart = objective.type === "pcd" ? g.input("chain", batched(spec.visible)) : x;
  const { draw: chain } = gibbs(scope, machine, chainStart, GIBBS_NOISE, objective.sweeps);
  const gap = contrastiveDivergence(g, visible.freeEnergy, x, chain);
  const nodes = scope.declared.map(({ name, rows, cols }): Node => g.parameter(name, rows, cols));
  const logits = hidden.other(visible.other(x, "sigmoid"), "identity");
  const logProb = g.sumCols(g.bernoulliLogProb(x, logits));
  const reconstruction = negative(g, g.sumRows(logProb, { mean: true }));
  return { gap, reconstruction, chain, gradients: gradient(g, gap, nodes), nodes };
}
