/**
 * Small VAEs against PyTorch in float64: the pieces of the bound, the loss, every gradient.
 * Oracle: scripts/golden/make_vae_golden.py. Tolerance: `roundingsOf` in vae_golden.ts.
 */
import assert from "node:assert/strict";
import { plan } from "../../src/graph/plan.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { givenNoise } from "../../src/layers/noise.ts";
import { createScope } from "../../src/layers/scope.ts";
import {
  modelTerms,
  parameterLayout,
  parametersOf,
  rowsInput,
} from "../../src/models/vae_graph.ts";
import { lossOf } from "../../src/objectives/objective.ts";
import { VAE } from "../../src/training/vae.ts";
import { writeFinalScalars } from "../../src/training/schedule.ts";
import { assertRelative } from "../util/close.ts";
import { deviceOf, EXECUTORS, open } from "../util/executors.ts";
import { type Golden, largest, readGoldens, roundingsOf } from "./vae_golden.ts";

const GOLDENS = readGoldens();

/** Everything the golden file names, as a plan over x, noise and klWeight. */
function termsPlan({ spec, objective, tensor }: Golden) {
  const g = createGraph();
  const scope = createScope(g, { noise: givenNoise });
  const rows = rowsInput(g, spec);
  const terms = modelTerms(scope, spec, rows, objective);
  const { loss, reconstruction } = lossOf(g, terms, objective);
  const { mean, logVar, klPerDimension: kl, logLikelihoods, logWeights } = terms;
  const outputs = { mean, logVar, kl: kl!, logLikelihoods, logWeights, loss, reconstruction };
  const parameters = parameterLayout(parametersOf(spec));
  return plan(g, { outputs, capacity: tensor("x").shape[0], parameters });
}

for (const golden of GOLDENS) {
  const { name, spec, objective, tensor } = golden;
  const roundings = roundingsOf(golden);

  Deno.test(`golden ${name}: PyTorch's own float32 keeps within our tolerance`, () => {
    assert.ok(golden.float32Deviation < roundings * 2 ** -24);
  });

  for (const executor of EXECUTORS) {
    const relative = roundings * executor.unitRoundoff;

    Deno.test(`golden ${name} on ${executor.label}: the pieces of the bound`, () => {
      const backend = open(executor);
      const layout = parameterLayout(parametersOf(spec));
      const parameters = backend.allocate(layout.length);
      for (const [key, { data }] of golden.group("parameter")) {
        parameters.write(layout.places.get(key)!.offset, data);
      }
      const program = backend.compile(termsPlan(golden), { parameters });
      program.write("x", tensor("x").data);
      program.write("noise", tensor("noise").data);
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

    Deno.test(`golden ${name} on ${executor.label}: loss and every gradient`, async () => {
      const vae = VAE.create(spec, deviceOf(executor));
      assert.equal(vae.device.backend, executor.backend);
      vae.setParameters(golden.group("parameter"));
      const { loss, gradients } = await vae.lossAndGradients(tensor("x"), {
        noise: tensor("noise"),
        objective,
      });
      assertRelative(loss, tensor("loss").data, relative, 0, "loss");
      const expected = golden.group("gradient");
      assert.deepEqual([...gradients.keys()], [...expected.keys()]);
      for (const [key, { shape, data }] of expected) {
        const got = gradients.get(key)!;
        assert.deepEqual(got.shape, shape);
        assertRelative(got.data, data, 0, relative * largest(data), key);
      }
      vae.dispose();
    });
  }
}
