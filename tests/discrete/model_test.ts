/** Categorical layers for users: specs, refusals, files, sampling, HTTP, the temperature. */
import assert from "node:assert/strict";
import { type ModelSpecInput, type ObjectiveInput, VAE } from "../../mod.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { plan } from "../../src/graph/plan.ts";
import { createApp } from "../../src/http/mod.ts";
import { givenNoise } from "../../src/layers/noise.ts";
import { createScope } from "../../src/layers/scope.ts";
import { parseSpec } from "../../src/models/spec.ts";
import { layOut } from "../../src/graph/layout.ts";
import { infer, parametersOf } from "../../src/models/vae_graph.ts";
import { rowsInput } from "../../src/models/batch_rows.ts";
import { parseObjective } from "../../src/objectives/objective.ts";
import { writeScalars } from "../../src/training/program/schedule.ts";
import { assertRelative } from "../util/close.ts";
import { discreteModel, discreteSpec, SIZE, X } from "../util/discrete_model.ts";
import { open, REFERENCE } from "../util/executors.ts";

const LAYER = { type: "categorical", variables: 2, classes: 3 } as const;

Deno.test("parseSpec() completes a categorical layer, and accepts its own result", () => {
  const whole = parseSpec({ inputs: 4, latent: [LAYER] });
  assert.deepEqual(whole.latent, [{ ...LAYER, relaxation: "gumbelSoftmax", temperature: 1 }]);
  assert.deepEqual(parseSpec(whole), whole);
  const hard = parseSpec({ inputs: 4, latent: [{ ...LAYER, relaxation: "none" }] });
  assert.deepEqual(hard.latent, [{ ...LAYER, relaxation: "none" }]);
});

Deno.test("invalid categorical layers are refused with the reason", () => {
  const refused: [unknown, RegExp][] = [
    [{ ...LAYER, size: 6 }, /latent\[0\]: unknown key "size"/],
    [{ ...LAYER, classes: 1 }, /latent\[0\].classes: must be at least 2/],
    [{ ...LAYER, variables: 40_000 }, /latent\[0\].classes: must be .* at most/],
    [{ ...LAYER, relaxation: "soft" }, /latent\[0\].relaxation: expected "gumbelSoftmax"/],
    [{ ...LAYER, relaxation: "none", temperature: 1 }, /unknown key "temperature"/],
    [{ ...LAYER, temperature: 0 }, /latent\[0\].temperature: must be at least 0.01/],
    [{ ...LAYER, temperature: { start: 1, end: 0.5 } }, /latent\[0\].temperature.epochs/],
  ];
  for (const [layer, message] of refused) {
    assert.throws(() => parseSpec({ inputs: 4, latent: [layer] }), { message });
  }
  assert.throws(
    () => parseSpec({ inputs: 4, latent: [LAYER, { size: 2 }] }),
    /spec.latent\[0\].type: a layer below another must be "gaussian"/,
  );
  for (const type of ["mixture", "vamp"] as const) {
    const spec: ModelSpecInput = { inputs: 4, latent: [LAYER], prior: { type, components: 3 } };
    assert.throws(() => VAE.create(spec), new RegExp(`Cannot build prior: ${type} needs`));
  }
});

Deno.test("objectives and relaxations that do not fit are refused together", async () => {
  const refused: [Parameters<typeof discreteSpec>[0], ObjectiveInput, RegExp][] = [
    [{ relaxation: "none" }, {}, /"elbo" needs gradients through the draws/],
    [{ relaxation: "none" }, { type: "iwae" }, /use "reinforce"/],
    [{}, { type: "reinforce" }, /"reinforce" needs a categorical latent layer with relaxation/],
    [{}, { estimator: "stl" }, /estimator "stl" needs reparameterised draws/],
    [{}, { type: "iwae", estimator: "dreg" }, /estimator "dreg" needs reparameterised draws/],
    [{}, { type: "betaTc" }, /q\(z \| x\) to be a diagonal Gaussian/],
  ];
  for (const [latent, objective, message] of refused) {
    const vae = VAE.create(discreteSpec(latent));
    await assert.rejects(vae.fit([X, X, X], { objective, epochs: 1, batchSize: 2 }), { message });
    vae.dispose();
  }
  const parsed: [ObjectiveInput, RegExp][] = [
    [{ type: "reinforce", samples: 1 }, /objective.samples: leaveOneOut needs 2 draws/],
    [{ type: "reinforce", bound: "iwae", beta: 2 }, /objective.beta: bound "iwae" takes no/],
    [
      { type: "reinforce", baseline: "mean" as "none" },
      /objective.baseline: expected "none"/,
    ],
  ];
  for (const [objective, message] of parsed) {
    assert.throws(() => parseObjective(objective), { message });
  }
  const complete = parseObjective({ type: "reinforce" });
  assert.deepEqual(parseObjective(complete), complete);
});

Deno.test("a model file gives the same scores, encodings and samples", async () => {
  const model = discreteModel(REFERENCE, { temperature: { start: 2, end: 0.5, epochs: 3 } });
  const loaded = await VAE.load(model.save(), { backend: "reference" });
  assert.deepEqual(loaded.spec, model.spec);
  assert.deepEqual(await loaded.score([X]), await model.score([X]));
  assert.deepEqual(await loaded.sample(5, { seed: 3 }), await model.sample(5, { seed: 3 }));
  const { mean, logVar } = await loaded.encode([X]);
  assert.deepEqual([mean.shape, logVar.shape], [[1, SIZE], [1, SIZE]]);
  // The mean represents q: decode(encode(x)) is reconstruct(x).
  assert.deepEqual(await loaded.decode(mean), await loaded.reconstruct([X]));
  for (const vae of [model, loaded]) vae.dispose();
});

Deno.test("HTTP encodes, decodes and samples with a categorical model", async () => {
  const model = discreteModel(REFERENCE);
  const app = createApp({ models: { discrete: model } });
  const ask = async (verb: string, body: unknown) => {
    const response = await app.request(`/v1/models/discrete/${verb}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.equal(response.status, 200);
    return await response.json();
  };
  const encoded = await ask("encode", { rows: [X] });
  const shares: number[] = encoded.rows[0].mean;
  // Two variables, each with probabilities that sum to one; three float32 numbers below 1.
  for (const first of [0, 3]) {
    assertRelative(shares.slice(first, first + 3).reduce((a, b) => a + b), 1, 2 ** -22);
  }
  const one = [0, 1, 0, 1, 0, 0];
  const { rows } = await ask("decode", { rows: [one] });
  assertRelative(rows[0], (await model.decode([one])).data, 1e-6);
  assert.equal((await ask("sample", { count: 3, seed: 1 })).rows.length, 3);
});

Deno.test("the temperature falls geometrically with the step, down to its end", () => {
  const temperature = { start: 2, end: 0.5, epochs: 3 };
  const spec = parseSpec(discreteSpec({ variables: 1, classes: 2, temperature }));
  const g = createGraph();
  const scope = createScope(g, { noise: givenNoise, training: true });
  const { z } = infer(scope, spec, rowsInput(g, spec).all);
  const layout = layOut("parameters", parametersOf(spec));
  const backend = open(REFERENCE);
  const parameters = backend.allocate(layout.length);
  parameters.write(layout.places.get("encoder.logits.bias")!.offset, [0.5, 0]);
  const program = backend.compile(plan(g, { outputs: { z }, capacity: 1, parameters: layout }), {
    parameters,
  });
  program.write("x", X);
  program.write("noise.uniform", [0.5, 0.5]);
  const stepsPerEpoch = 10;
  for (const step of [0, 1, 15, 30, 400, Infinity]) {
    writeScalars(program, parseObjective(), step, stepsPerEpoch);
    program.run(1);
    const read = new Float64Array(2);
    program.read("z", read);
    // With equal noise z_0 = σ(0.5/τ).
    const got = 0.5 / Math.log(read[0] / read[1]);
    const want = 2 * (0.5 / 2) ** Math.min(1, step / stepsPerEpoch / 3);
    assertRelative(got, want, 1e-12, 0, `step ${step}`);
  }
  backend.dispose();
});
