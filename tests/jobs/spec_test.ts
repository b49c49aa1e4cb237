/**
 * Training jobs for models other than detectors. Oracle: the library's own fit of the same rows, whose file has the
 * same SHA-256.
 */
import assert from "node:assert/strict";
import { factorAnalysis, type FitOptions, type ModelSpecInput, VAE } from "../../mod.ts";
import { defaultTraining } from "../../src/detection/defaults.ts";
import { digestOf } from "../../src/http/mod.ts";
import { jobsApp, ROWS } from "./app.ts";

const INPUTS = ROWS[0].length, RUN = { epochs: 2, batchSize: 16, seed: 5 };

async function digestOfFit(
  spec: ModelSpecInput,
  options: FitOptions,
  rows = ROWS,
): Promise<string> {
  const vae = VAE.create(spec, { seed: RUN.seed });
  await vae.fit(rows, { ...defaultTraining(ROWS.length, RUN.batchSize), ...RUN, ...options });
  const digest = await digestOf(vae.save());
  vae.dispose();
  return digest;
}

Deno.test("a job with a spec trains the library's VAE, with flows, bounds, classes and EM among the specs", async () => {
  await using app = await jobsApp();
  app.work();
  const { client } = app;
  const flows = { latent: [{ size: 2, flows: [{ type: "planar" }] }] } as const;
  const iwae = { type: "iwae", samples: 3 } as const;
  const m2 = { condition: 2, classifier: {}, latent: [{ size: 2 }] };
  const labels = ROWS.map((_, r) => r % 3 === 0 ? r % 2 : -1);
  const wide = ROWS.map((row, r) => [...row, labels[r]]);
  const bound = { ...RUN, spec: structuredClone(flows) as never, objective: { ...iwae } };
  const jobs = [
    [
      await client.train("flows", ROWS, bound),
      await digestOfFit({ inputs: INPUTS, ...flows }, { objective: iwae }),
    ],
    [
      await client.train("m2", wide, { ...RUN, spec: m2 }),
      await digestOfFit({ inputs: INPUTS, ...m2 }, { labels, objective: undefined }),
    ],
  ] as const;
  const spec = { type: "ppca", latent: 1 };
  const em = await client.train("em", ROWS, { spec, epochs: 20, seed: 3 });
  for (const [{ id }, want] of jobs) {
    const { state, result, error } = await client.waitForJob(id);
    assert.deepEqual([state, result?.digest], ["succeeded", want], error);
  }
  const { result, error } = await client.waitForJob(em.id);
  const options = { latent: 1, noise: "shared", iterations: 20, seed: 3 } as const;
  const { model } = await factorAnalysis(ROWS, options);
  assert.equal(result?.digest, await digestOf(model.save()), error);
  // The result can be used like any model.
  const { rows } = await client.score("em", ROWS.slice(0, 2));
  assert.deepEqual(rows.map(({ score }) => score), [...await model.score(ROWS.slice(0, 2))]);
  model.dispose();
});

Deno.test("an invalid spec is refused before it becomes a job", async () => {
  await using app = await jobsApp();
  const spec = { latent: [{ size: 2 }] };
  const ask = async (body: Record<string, unknown>) => {
    const response = await app.ask("POST", "/v1/models/m/train", { rows: ROWS, ...body });
    return { status: response.status, ...await response.json() };
  };
  const bad: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ spec: { latent: [{ size: 0 }] } }, /spec\.latent\[0\]\.size/],
    [{ spec: { ...spec, inputs: 9 } }, /9 inputs .* need 9 columns, got 3/],
    [{ spec: { ...spec, rank: 1 } }, /unknown key "rank"/],
    [{ spec, hidden: [4] }, /with spec, leave out hidden/],
    [{ spec, objective: { type: "elbow" } }, /objective\.type/],
    [{ objective: { type: "elbo", gamma: 1 } }, /unknown key "gamma"/],
    [{ spec: { type: "rbm", hidden: 2 } }, /Boltzmann machine cannot be served/],
    [{ spec: { type: "ppca", latent: 1 }, batchSize: 9 }, /EM takes no batchSize/],
    [{ spec: { type: "gan" } }, /"rbm", "ppca" or "factorAnalysis"/],
    [{ spec: { ...spec, encoder: { hidden: [16384, 16384] } } }, /at most 67108864 weights/],
    [{ spec: { ...spec, note: "x".repeat(17_000) } }, /at most 16384 characters/],
  ];
  for (const [body, words] of bad) {
    const { status, detail, errors } = await ask(body);
    assert.equal(status, 422, JSON.stringify(body).slice(0, 99));
    assert.match(JSON.stringify([detail, errors]).replaceAll('\\"', '"'), words);
  }
  const dear = await ask({ spec, objective: { type: "iwae", samples: 10_000 }, epochs: 1e6 });
  assert.match(dear.type, /over-budget/);
});
