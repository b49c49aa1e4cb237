/** The gradient of contrastive divergence as a plan of its own, without an optimiser. */
import { createGraph } from "../../src/graph/graph.ts";
import { type Plan, plan } from "../../src/graph/plan.ts";
import { drawnNoise } from "../../src/layers/noise.ts";
import { createScope } from "../../src/layers/scope.ts";
import { divergenceNodes, type RbmPlanRequest } from "../../src/training/rbm/rbm_program.ts";

/** Outputs: the gradient of each parameter by its name, and gap. */
export function rbmGradientPlan(request: RbmPlanRequest): Plan {
  const g = createGraph();
  const scope = createScope(g, { noise: drawnNoise, training: true });
  const { gap, gradients, nodes } = divergenceNodes(scope, request);
  const named = nodes.map(({ name }, i) => [name, gradients[i]] as const);
  return plan(g, { ...request, outputs: { gap, ...Object.fromEntries(named) } });
}
