/** When training asks for a GPU at all. The adapter is a spy without a GPU, so none is needed. */
import { equal } from "node:assert/strict";
import { layOut } from "../../src/graph/layout.ts";
import { parametersOf } from "../../src/models/vae_graph.ts";
import { parseSpec } from "../../src/models/spec.ts";
import { parseObjective } from "../../src/objectives/objective.ts";
import { type GpuRequest, openTrainingGpu } from "../../src/training/gpu/choice.ts";
import { parseOptimizer } from "../../src/training/optimizer.ts";
import { stateLayout, trainPlan } from "../../src/training/program/train_program.ts";

/** A wide model: some 1.5e10 operations per step. */
function largePlan() {
  const wide = { hidden: [2000, 2000] };
  const spec = parseSpec({ inputs: 500, encoder: wide, decoder: wide, latent: [{ size: 10 }] });
  const specs = parametersOf(spec), optimizer = parseOptimizer({ type: "adam" });
  return trainPlan({
    spec,
    objective: parseObjective(undefined),
    optimizer,
    capacity: 256,
    parameters: layOut("parameters", specs),
    state: stateLayout(optimizer, specs),
  });
}

/** How often an adapter is requested. */
async function looks(
  device: Omit<GpuRequest["device"], "adapter">,
  steps: number,
): Promise<number> {
  let count = 0;
  const requestAdapter = () => {
    count++;
    return Promise.resolve(null);
  };
  const gpu = { requestAdapter } as unknown as GPU;
  const opened = await openTrainingGpu({
    device: { ...device, adapter: { gpu } },
    plan: largePlan(),
    lengths: { parameters: 1, state: 1 },
    data: { data: new Float32Array(500), shape: [1, 500] },
    orderLength: 1,
    steps,
  });
  equal(opened, undefined);
  return count;
}

Deno.test("auto asks for a GPU for large work only", async () => {
  equal(await looks({ backend: "auto" }, 1000), 1);
  equal(await looks({}, 1000), 1);
  equal(await looks({ backend: "auto", determinism: "fast" }, 1000), 1);
  equal(await looks({ backend: "auto" }, 20), 0);
  equal(await looks({ backend: "wasm" }, 1000), 0);
});

Deno.test("auto never takes a GPU if the same bits are required everywhere", async () => {
  equal(await looks({ backend: "auto", determinism: "portable" }, 1000), 0);
  equal(await looks({ determinism: "portable" }, 1000), 0);
});
