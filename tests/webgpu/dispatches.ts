/** How many dispatches a training step takes on the device: those of the plan, and those around them. */
import assert from "node:assert/strict";
import { openAccelerator } from "../../src/backends/webgpu/backend.ts";
import { parseSpec } from "../../src/models/spec.ts";
import { layOut } from "../../src/graph/layout.ts";
import { parametersOf } from "../../src/models/vae_graph.ts";
import { parseObjective } from "../../src/objectives/objective.ts";
import { parseOptimizer } from "../../src/training/optimizer.ts";
import { stateLayout, trainPlan } from "../../src/training/program/train_program.ts";
import type { TrainingCheck } from "./training.ts";
import { on } from "./faulty_gpu.ts";

const INPUTS = 784;

/** A step of the 784-400-20 model. */
export function modelStep() {
  const spec = parseSpec({
    inputs: INPUTS,
    encoder: { hidden: [400], activation: "tanh" },
    decoder: { hidden: [400], activation: "tanh" },
    latent: [{ size: 20 }],
    likelihood: { type: "bernoulli" },
  });
  const specs = parametersOf(spec), optimizer = parseOptimizer({ type: "adam" });
  const parameters = layOut("parameters", specs), state = stateLayout(optimizer, specs);
  const objective = parseObjective(undefined);
  const plan = trainPlan({ spec, objective, optimizer, capacity: 128, parameters, state });
  return { plan, lengths: { parameters: parameters.length, state: state.length } };
}

export const DISPATCH_CHECKS: readonly TrainingCheck[] = [{
  name: "a training step of the 784-400-20 model takes 18 dispatches of the stepper",
  async run() {
    const { device, counts } = on({});
    const accelerator = await openAccelerator({ ...device.adapter, allowSoftware: true });
    const { plan, lengths } = modelStep(), data = new Float32Array(INPUTS);
    const stepper = accelerator.stepper(plan, lengths, { data, columns: INPUTS, orderLength: 1 });
    assert.equal(stepper.dispatches, 18);
    stepper.dispose();
    accelerator.dispose();
    assert.deepEqual([counts.liveDevices, counts.liveBuffers], [0, 0]);
  },
}];
