/**
 * Training with labels that most rows lack. Oracle: rows drawn from a mixture of linear Gaussian models, whose classes
 * Bayes' rule gives; resumed and loaded models against the original.
 */
import assert from "node:assert/strict";
import { type CheckpointStore, type FitOptions, oneHot, VAE } from "../../mod.ts";
import { REFERENCE } from "../util/executors.ts";
import {
  CENTRES,
  CLASSES,
  LABELLED_SPEC,
  labelledModel,
  logDensities,
} from "../util/labelled_model.ts";

const ROWS = 600;

/** Draws of the mixture, a third of each class, with one label in ten known. */
async function mixture(): Promise<{ rows: number[][]; truth: number[]; labels: number[] }> {
  const source = labelledModel(REFERENCE);
  const truth = Array.from({ length: ROWS }, (_, r) => r % CLASSES);
  const { data } = await source.sample(ROWS, { seed: 3, condition: oneHot(truth, CLASSES) });
  source.dispose();
  const width = CENTRES[0].length;
  const rows = truth.map((_, r) => Array.from(data.subarray(r * width, (r + 1) * width)));
  return { rows, truth, labels: truth.map((y, r) => r % 10 === 0 ? y : -1) };
}

const OPTIONS: FitOptions = {
  epochs: 100,
  batchSize: 50,
  labelledShare: 0.3,
  optimizer: { type: "adam", learningRate: 0.02, decay: "cosine" },
};

/** The share of rows whose most probable class is wrong. */
function errorOf(probabilities: ArrayLike<number>, truth: readonly number[]): number {
  const wrong = truth.filter((y, r) => {
    const of = Array.from({ length: CLASSES }, (_, c) => probabilities[r * CLASSES + c]);
    return of.indexOf(Math.max(...of)) !== y;
  });
  return wrong.length / truth.length;
}

Deno.test("with few labels, classes are predicted almost as well as by Bayes' rule", async () => {
  const { rows, truth, labels } = await mixture();
  const best = errorOf(rows.flatMap(logDensities), truth);
  const vae = VAE.create(LABELLED_SPEC, { seed: 1 });
  const report = await vae.fit(rows, { ...OPTIONS, labels, validation: 0.1 });
  assert.ok(Number.isFinite(report.history.at(-1)!.validationElbo));
  const { data } = await vae.classify(rows);
  // Bayes' rule is wrong for 18 % here; the standard error for 600 rows is 1.6 %, and chance is wrong for 67 % ± 2 %.
  assert.ok(best > 0.1 && best < 0.25, `Bayes ${best}`);
  assert.ok(errorOf(data, truth) < best + 0.05, `error ${errorOf(data, truth)}, Bayes ${best}`);
  // Draws of each class are centred: a mean of 2000 has a standard error below 0.04.
  for (const [y, centre] of CENTRES.entries()) {
    const condition = oneHot(new Array(2000).fill(y), CLASSES);
    const drawn = (await vae.sample(2000, { condition, seed: 2 })).data;
    const near = (of: readonly number[]) =>
      of.reduce((sum, value, d) => {
        const mean = drawn.reduce((a, x, i) => i % of.length === d ? a + x / 2000 : a, 0);
        return sum + (mean - value) ** 2;
      }, 0);
    const nearest = CENTRES.map(near);
    assert.equal(nearest.indexOf(Math.min(...nearest)), y);
    assert.ok(near(centre) < 0.2, `class ${y}: squared distance ${near(centre)}`);
  }
  vae.dispose();
});

Deno.test("M1+M2: from the posterior means of a plain VAE, classes are predicted as well", async () => {
  const { rows, truth, labels } = await mixture();
  const best = errorOf(rows.flatMap(logDensities), truth);
  const width = rows[0].length;
  // W spans two dimensions and the centres two more: all four are needed.
  const plain = VAE.create({ inputs: width, latent: [{ size: width }] }, { seed: 1 });
  await plain.fit(rows, { ...OPTIONS, labelledShare: undefined });
  const { mean } = await plain.encode(rows);
  const above = VAE.create({ ...LABELLED_SPEC, inputs: width }, { seed: 1 });
  await above.fit(mean, { ...OPTIONS, labels });
  const { data } = await above.classify(mean);
  assert.ok(errorOf(data, truth) < best + 0.05, `error ${errorOf(data, truth)}, Bayes ${best}`);
  plain.dispose();
  above.dispose();
});

Deno.test("a model with labels resumes to the same bytes, and loads as it was saved", async () => {
  const { rows, labels } = await mixture();
  const options = { ...OPTIONS, labels, epochs: 3 };
  const run = async (start?: Uint8Array) => {
    const written: Uint8Array[] = [];
    const checkpoint: CheckpointStore = {
      everySeconds: 0,
      read: () => Promise.resolve(start),
      write: (bytes) => Promise.resolve(void written.push(bytes)),
    };
    const vae = VAE.create(LABELLED_SPEC, { seed: 5 });
    await vae.fit(rows, { ...options, checkpoint });
    return { vae, written };
  };
  const { vae, written } = await run();
  const whole = vae.save();
  for (const at of [2, 9, written.length - 1]) {
    const { vae: resumed } = await run(written[at]);
    assert.deepEqual(resumed.save(), whole);
    resumed.dispose();
  }
  const relabelled = VAE.create(LABELLED_SPEC, { seed: 5 });
  const checkpoint = { read: async () => written[2], write: async () => {} };
  await assert.rejects(
    relabelled.fit(rows, { ...options, labels: labels.with(0, 1), checkpoint }),
    /other data/,
  );
  const loaded = await VAE.load(whole);
  assert.deepEqual(loaded.spec, vae.spec);
  assert.deepEqual(await loaded.classify(rows), await vae.classify(rows));
  for (const each of [vae, relabelled, loaded]) each.dispose();
});
