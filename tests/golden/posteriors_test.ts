/**
 * Small VAEs with a full covariance, inverse autoregressive flows, two layers and a ladder, against
 * PyTorch in float64: the weights of every draw, the KL where it has a closed form, the loss and every
 * gradient. Oracle: scripts/golden/make_posterior_golden.py. Tolerance: `roundingsOf` in vae_golden.ts.
 */
import assert from "node:assert/strict";
import { createGraph } from "../../src/graph/graph.ts";
import { plan } from "../../src/graph/plan.ts";
import { givenNoise } from "../../src/layers/noise.ts";
import { createScope } from "../../src/layers/scope.ts";
import { parameterLayout, parametersOf } from "../../src/models/vae_graph.ts";
import { modelTerms } from "../../src/models/model_terms.ts";
import { rowsInput } from "../../src/models/batch_rows.ts";
import { VAE } from "../../src/training/vae.ts";
import { assertRelative } from "../util/close.ts";
import { deviceOf, EXECUTORS, open } from "../util/executors.ts";
import { type Golden, largest, noisesOf, readGoldens, roundingsOf } from "./vae_golden.ts";

function termsPlan({ spec, objective, tensor }: Golden) {
  const g = createGraph();
  const scope = createScope(g, { noise: givenNoise });
  const terms = modelTerms(scope, spec, rowsInput(g, spec), objective);
  const { klPerDimension, logLikelihoods, logWeights } = terms;
  const kl = klPerDimension && g.sumCols(klPerDimension);
  const outputs = { logLikelihoods, logWeights, ...(kl && { kl }) };
  const parameters = parameterLayout(parametersOf(spec));
  return plan(g, { outputs, capacity: tensor("x").shape[0], parameters });
}

for (const golden of readGoldens("posteriors")) {
  const { name, spec, objective, tensor } = golden;
  const roundings = roundingsOf(golden), noises = noisesOf(golden);

  Deno.test(`golden posterior ${name}: PyTorch's own float32 keeps within our tolerance`, () => {
    assert.ok(golden.float32Deviation < roundings * 2 ** -24);
  });

  for (const executor of EXECUTORS) {
    const relative = roundings * executor.unitRoundoff;

    Deno.test(`golden posterior ${name} on ${executor.label}: weights and KL`, () => {
      const backend = open(executor);
      const layout = parameterLayout(parametersOf(spec));
      const parameters = backend.allocate(layout.length);
      for (const [key, { data }] of golden.group("parameter")) {
        parameters.write(layout.places.get(key)!.offset, data);
      }
      const program = backend.compile(termsPlan(golden), { parameters });
      program.write("x", tensor("x").data);
      for (const [key, { data }] of noises) program.write(key, data);
      program.run(tensor("x").shape[0]);
      assert.equal(
        program.plan.outputs.has("kl"),
        spec.latent[0].type === "gaussian" &&
          spec.latent.length === 1 && spec.latent[0].flows.length === 0,
      );
      for (const output of program.plan.outputs.keys()) {
        const { data } = tensor(output);
        const got = new Float64Array(data.length).fill(NaN);
        program.read(output, got);
        assertRelative(got, data, 0, relative * largest(data), output);
      }
      backend.dispose();
    });

    Deno.test(`golden posterior ${name} on ${executor.label}: loss and every gradient`, async () => {
      const vae = VAE.create(spec, deviceOf(executor));
      vae.setParameters(golden.group("parameter"));
      const { loss, gradients } = await vae.lossAndGradients(tensor("x"), {
        noise: noises,
        objective,
      });
      assertRelative(loss, tensor("loss").data, relative, 0, "loss");
      const expected = golden.group("gradient");
      assert.deepEqual([...gradients.keys()].sort(), [...expected.keys()].sort());
      for (const [key, { data }] of expected) {
        assertRelative(gradients.get(key)!.data, data, 0, relative * largest(data), key);
      }
      vae.dispose();
    });
  }
}
