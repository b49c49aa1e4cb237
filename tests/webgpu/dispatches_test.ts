/** How many dispatches a training step takes: of the plan alone, no GPU needed. */
import { equal, ok } from "node:assert/strict";
import { emit } from "../../src/backends/webgpu/emit.ts";
import { hardwareTile, softwareTile } from "../../src/backends/webgpu/tiles.ts";
import { parameterLayout, parametersOf } from "../../src/models/vae_graph.ts";
import { parseSpec } from "../../src/models/spec.ts";
import { parseObjective } from "../../src/objectives/objective.ts";
import { parseOptimizer } from "../../src/training/options.ts";
import { stateLayout, trainPlan } from "../../src/training/train_program.ts";

/** Beside the plan's own: rows are gathered before, results kept after. */
const AROUND_A_STEP = 2;

Deno.test("a training step of the 784-400-20 model takes 18 dispatches", () => {
  const spec = parseSpec({
    inputs: 784,
    encoder: { hidden: [400], activation: "tanh" },
    decoder: { hidden: [400], activation: "tanh" },
    latent: [{ size: 20 }],
    likelihood: { type: "bernoulli" },
  });
  const specs = parametersOf(spec), optimizer = parseOptimizer({ type: "adam" });
  const plan = trainPlan({
    spec,
    objective: parseObjective(undefined),
    optimizer,
    capacity: 128,
    parameters: parameterLayout(specs),
    state: stateLayout(optimizer, specs),
  });
  for (const chooseTile of [softwareTile, hardwareTile]) {
    const { dispatches } = emit(plan, { chooseTile, fuse: true });
    equal(dispatches.length + AROUND_A_STEP, 18);
    ok(emit(plan, { chooseTile, fuse: false }).dispatches.length > 70);
  }
});
