/**
 * Small categorical VAEs against PyTorch in float64: probabilities, draws, KL, the loss and every
 * gradient, relaxed, straight-through and by score function, for uniform noise that the test gives.
 * Oracle: scripts/golden/make_categorical_golden.py. Tolerance: `roundingsOf` in vae_golden.ts, times
 * 1/τ ≤ 2.5 where a draw is relaxed: an error of the perturbed logits is one of (l + g)/τ.
 */
import assert from "node:assert/strict";
import { createGraph } from "../../src/graph/graph.ts";
import { plan } from "../../src/graph/plan.ts";
import { givenNoise } from "../../src/layers/noise.ts";
import { createScope } from "../../src/layers/scope.ts";
import { infer, parameterLayout, parametersOf } from "../../src/models/vae_graph.ts";
import { rowsInput } from "../../src/models/batch_rows.ts";
import { VAE } from "../../src/training/vae.ts";
import { writeFinalScalars } from "../../src/training/schedule.ts";
import { assertRelative } from "../util/close.ts";
import { deviceOf, EXECUTORS, open } from "../util/executors.ts";
import { type Golden, largest, readGoldens, roundingsOf } from "./vae_golden.ts";

/** 1/τ of the coldest case. */
const COLDEST = 2.5;

/** What the encoder says of x, and the draws that training takes. */
function inferencePlan({ spec, objective, tensor }: Golden) {
  const g = createGraph();
  const scope = createScope(g, { noise: givenNoise, training: true });
  const { all } = rowsInput(g, spec);
  const { z, mean, klPerDimension } = infer(scope, spec, all, objective.samples);
  const parameters = parameterLayout(parametersOf(spec));
  const outputs = { z, mean, kl: klPerDimension! };
  return plan(g, { outputs, capacity: tensor("x").shape[0], parameters });
}

for (const golden of readGoldens("categorical")) {
  const { name, spec, objective, tensor } = golden;
  const roundings = COLDEST * roundingsOf(golden);

  Deno.test(`golden categorical ${name}: PyTorch's own float32 keeps within our tolerance`, () => {
    assert.ok(golden.float32Deviation < roundings * 2 ** -24);
  });

  for (const executor of EXECUTORS) {
    const relative = roundings * executor.unitRoundoff;

    Deno.test(`golden categorical ${name} on ${executor.label}: draws and KL`, () => {
      const backend = open(executor);
      const layout = parameterLayout(parametersOf(spec));
      const parameters = backend.allocate(layout.length);
      for (const [key, { data }] of golden.group("parameter")) {
        parameters.write(layout.places.get(key)!.offset, data);
      }
      const program = backend.compile(inferencePlan(golden), { parameters });
      program.write("x", tensor("x").data);
      program.write("noise.uniform", tensor("noise.uniform").data);
      writeFinalScalars(program, objective);
      program.run(tensor("x").shape[0]);
      for (const output of program.plan.outputs.keys()) {
        const { data } = tensor(output);
        const got = new Float64Array(data.length).fill(NaN);
        program.read(output, got);
        assertRelative(got, data, 0, relative * largest(data), output);
      }
      backend.dispose();
    });

    Deno.test(`golden categorical ${name} on ${executor.label}: loss and every gradient`, async () => {
      const vae = VAE.create(spec, deviceOf(executor));
      vae.setParameters(golden.group("parameter"));
      const { loss, gradients } = await vae.lossAndGradients(tensor("x"), {
        noise: new Map([["noise.uniform", tensor("noise.uniform")]]),
        objective,
      });
      assertRelative(loss, tensor("loss").data, relative, 0, "loss");
      const expected = golden.group("gradient");
      assert.deepEqual([...gradients.keys()], [...expected.keys()]);
      for (const [key, { data }] of expected) {
        assertRelative(gradients.get(key)!.data, data, 0, relative * largest(data), key);
      }
      vae.dispose();
    });
  }
}
