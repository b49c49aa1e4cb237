/** A model is never left broken: not by a failed fit, a short one or a second one. */
import assert from "node:assert/strict";
import { DivergenceError, type FitOptions, VAE } from "../../mod.ts";
import { isDiverged } from "../../src/training/run/divergence.ts";
import { planeRows } from "../util/data.ts";

const ROWS = planeRows(200, 3, 21);
const network = { hidden: [8], activation: "relu" } as const;
const SPEC = { inputs: 3, encoder: network, decoder: network, latent: [{ size: 2 }] } as const;

async function stillScores(vae: VAE): Promise<void> {
  assert.ok((await vae.score(ROWS)).every(Number.isFinite));
  assert.ok([...vae.parameters().values()].every(({ data }) => data.every(Number.isFinite)));
}

Deno.test("isDiverged() allows any loss near the untrained one, of any sign and scale", () => {
  assert.ok(!isDiverged(5, 20) && !isDiverged(-300, 20) && !isDiverged(900, 20));
  assert.ok(!isDiverged(70_000, 7_470) && !isDiverged(1e30, null));
  assert.ok(isDiverged(1e9, 20) && isDiverged(NaN, 20) && isDiverged(Infinity, null));
});

for (const epochs of [1, 2, 3]) {
  Deno.test(`fit() at an absurd rate for ${epochs} epochs leaves a model that scores`, async () => {
    for (const type of ["sgd", "adam"] as const) {
      const vae = VAE.create(SPEC, { seed: 1 });
      const options: FitOptions = {
        epochs,
        batchSize: 200,
        optimizer: { type, learningRate: 1e6 },
      };
      await vae.fit(ROWS, options).catch((error) => assert.ok(error instanceof DivergenceError));
      await stillScores(vae);
    }
  });
}

Deno.test("fit() that gives up leaves the parameters as they were before", async () => {
  const vae = VAE.create(SPEC, { seed: 1 });
  const before = vae.save();
  const hopeless = ROWS.map((row) => row.map((value) => value * 1e30));
  await assert.rejects(vae.fit(hopeless, { epochs: 50 }), DivergenceError);
  assert.deepEqual(vae.save(), before);
});

Deno.test("fit() learns from rows with extreme outliers, whichever batch comes first", async () => {
  const rows = planeRows(2000, 3, 5).map((row, r) => r % 200 === 7 ? [1000, 1000, 1000] : row);
  const network = { hidden: [8] };
  for (let seed = 0; seed < 8; seed++) {
    const vae = VAE.create(
      { inputs: 3, encoder: network, decoder: network, latent: [{ size: 2 }] },
      { seed },
    );
    const { history } = await vae.fit(rows, { epochs: 5 });
    assert.ok(history[4].loss < history[0].loss, `seed ${seed}`);
  }
});

Deno.test("fit() refuses numbers that float32 or Adam cannot use", async () => {
  const vae = VAE.create(SPEC, { seed: 1 });
  for (const bad of [{ learningRate: 1e300 }, { beta1: 1 }, { beta2: 1 }, { epsilon: 1e-50 }]) {
    const optimizer = { type: "adam", ...bad } as const;
    await assert.rejects(vae.fit(ROWS, { optimizer }), /optimizer\./);
  }
  await stillScores(vae);
});

Deno.test("a model that is being fitted cannot be fitted again, or changed", async () => {
  const vae = VAE.create(SPEC, { seed: 1 });
  const options: FitOptions = { epochs: 3 };
  const alone = VAE.create(SPEC, { seed: 1 });
  await alone.fit(ROWS, options);
  const running = vae.fit(ROWS, options);
  await assert.rejects(vae.fit(ROWS, options), { name: "InvalidStateError" });
  assert.throws(() => vae.setParameters(new Map()), { name: "InvalidStateError" });
  await running;
  assert.deepEqual(vae.save(), alone.save());
});

Deno.test("changing rows during training has no effect", async () => {
  const matrix = () => ({ data: Float32Array.from(ROWS.flat()), shape: [200, 3] as const });
  const options: FitOptions = { epochs: 3, batchSize: 16 };
  const [a, b] = [VAE.create(SPEC, { seed: 1 }), VAE.create(SPEC, { seed: 1 })];
  await a.fit(matrix(), options);
  const rows = matrix();
  const running = b.fit(rows, options);
  rows.data.fill(7);
  await running;
  assert.deepEqual(a.save(), b.save());
});

Deno.test("an aborted signal stops fit() before its first step", async () => {
  const vae = VAE.create(SPEC, { seed: 1 });
  const before = vae.save();
  await assert.rejects(vae.fit(ROWS, { signal: AbortSignal.abort() }), { name: "AbortError" });
  assert.deepEqual(vae.save(), before);
});

Deno.test("a fit that needs more memory than there is leaves the model usable", async () => {
  const vae = VAE.create(SPEC, { seed: 1 });
  const many = Array.from({ length: 100 }, () => ROWS).flat();
  const greedy: FitOptions = { batchSize: 20_000, objective: { samples: 10_000 }, epochs: 1 };
  await assert.rejects(vae.fit(many, greedy), RangeError);
  await vae.fit(ROWS, { epochs: 1 });
  await stillScores(vae);
});

Deno.test("early stopping requires validation rows", async () => {
  const vae = VAE.create(SPEC, { seed: 1 });
  const earlyStopping = { patience: 2 };
  await assert.rejects(vae.fit(ROWS, { validation: 0, earlyStopping }), /needs validation rows/);
  await assert.rejects(vae.fit(ROWS, { validation: [], earlyStopping }), /no validation row/);
  await assert.rejects(vae.fit(ROWS.slice(0, 1), { validation: 0.5 }), /needs at least 2 rows/);
});

Deno.test("rows that float32 cannot represent are refused by number, never answered with NaN", async () => {
  const vae = VAE.create(SPEC, { seed: 1 });
  const rows = [ROWS[0], [3e38, -3e38, 3e38]];
  for (const call of ["score", "elbo", "reconstruct"] as const) {
    await assert.rejects(
      vae[call](rows) as Promise<unknown>,
      /row 2: the result must be a finite float32/,
    );
  }
  const bias = { data: new Float64Array(8).fill(1e39) };
  assert.throws(() => vae.setParameters(new Map([["encoder.0.bias", bias]])), /finite in float32/);
});
