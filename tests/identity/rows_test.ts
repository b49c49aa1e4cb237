/**
 * A row's results do not depend on other rows: its scores are the same in any batch, the noise of its bound depends
 * only on the seed and its index, and the training loss is minus the mean bound.
 */
import assert from "node:assert/strict";
import type { ModelSpecInput } from "../../src/models/spec.ts";
import { VAE } from "../../src/training/vae.ts";
import { assertRelative } from "../util/close.ts";
import { planeRows } from "../util/data.ts";
import { deviceOf, EXECUTORS } from "../util/executors.ts";
import { drawNoise } from "../util/probe.ts";

const COLUMNS = 7;
const LATENT = 3;
const network = { hidden: [9, 5], activation: "tanh" } as const;
const SPEC: ModelSpecInput = {
  inputs: COLUMNS,
  encoder: network,
  decoder: network,
  latent: [{ size: LATENT }],
  likelihood: { type: "gaussian", variance: "shared" },
};

/** More rows than one run of a batch program takes (128), and not a multiple of it. */
const X = planeRows(150, COLUMNS, 4);

for (const executor of EXECUTORS) {
  const create = () => VAE.create(SPEC, { ...deviceOf(executor), seed: 8 });

  Deno.test(`scores are repeatable and independent of the batch, on ${executor.label}`, async () => {
    const vae = create();
    const all = await vae.score(X);
    assert.deepEqual(await vae.score(X), all);
    for (const r of [0, 1, 3, 64, 127, 128, 149]) {
      const [alone] = await vae.score([X[r]]);
      assert.equal(alone, all[r], `row ${r} alone`);
      const [, inPair] = await vae.score([X[(r + 1) % X.length], X[r]]);
      assert.equal(inPair, all[r], `row ${r} second of two`);
    }
    const out = new Float64Array(1);
    X.forEach((row, r) => {
      vae.scoreInto(Float32Array.from(row), out);
      // Another program (capacity one) with the same operations in the same order.
      assert.equal(out[0], all[r], `row ${r} by scoreInto`);
    });
    vae.dispose();
  });

  for (const samples of [1, 3, 100]) {
    Deno.test(`a row's bound of ${samples} draws does not depend on the batch, on ${executor.label}`, async () => {
      const vae = create();
      const all = await vae.evaluate(X, { samples, seed: 5 });
      // Runs hold 1024 draws, so chunks end at different rows for each number of draws.
      for (const rows of [1, 2, 17, 149]) {
        const some = await vae.evaluate(X.slice(0, rows), { samples, seed: 5 });
        assert.deepEqual(some.elbo, all.elbo.slice(0, rows));
        assert.deepEqual(some.logLikelihood, all.logLikelihood.slice(0, rows));
      }
      const other = await vae.evaluate(X, { samples, seed: 6 });
      assert.ok(other.elbo.every((value, r) => value !== all.elbo[r]));
      vae.dispose();
    });
  }

  Deno.test(`the training loss is minus the mean bound, on ${executor.label}`, async () => {
    const vae = create();
    for (const samples of [1, 3]) {
      const rows = X.length;
      const noise = drawNoise(executor, { rows, latent: LATENT, samples, seed: 5 });
      const { loss } = await vae.lossAndGradients(X, {
        noise: { data: noise, shape: [rows * samples, LATENT] },
        objective: { samples },
      });
      const elbo = await vae.elbo(X, { samples, seed: 5 });
      const mean = elbo.reduce((sum, value) => sum + value, 0) / rows;
      // The public call takes noise as float32 on every backend: one rounding of each draw, and the sum over 150 rows
      // in float32.
      assertRelative(loss, -mean, (rows + 8) * 2 ** -24, 0, `loss of ${samples} draws`);
    }
    vae.dispose();
  });
}
