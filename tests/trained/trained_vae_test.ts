/** The trained model's methods against each other and against their definitions. */
import assert from "node:assert/strict";
import { type Matrix, TrainedVae, VAE } from "../../mod.ts";
import { planeRows } from "../util/data.ts";

const ROWS = planeRows(300, 4, 9);
const SPEC = {
  inputs: 4,
  encoder: { hidden: [8] },
  decoder: { hidden: [8] },
  latent: [{ size: 3 }],
} as const;

function closeAll(got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  assert.equal(got.length, want.length);
  for (let i = 0; i < got.length; i++) {
    assert.ok(Math.abs(got[i] - want[i]) <= tolerance * Math.max(1, Math.abs(want[i])), `at ${i}`);
  }
}

for (const backend of ["wasm", "reference"] as const) {
  const vae = VAE.create(SPEC, { seed: 2, backend });
  const rowOf = (
    { data, shape: [, width] }: Matrix,
    r: number,
  ) => [...data.subarray(r * width, (r + 1) * width)];

  Deno.test(`reconstruct() is decode(encode().mean) on ${backend}`, async () => {
    const { mean, logVar } = await vae.encode(ROWS);
    assert.deepEqual(mean.shape, [300, 3]);
    assert.deepEqual(logVar.shape, [300, 3]);
    // On the reference backend, the mean is rounded to float32 on its way through the host.
    closeAll((await vae.decode(mean)).data, (await vae.reconstruct(ROWS)).data, 1e-6);
  });

  Deno.test(`score() is the sum of its parts on ${backend}`, async () => {
    const [elbo, reconstruction, kl] = await Promise.all(
      (["elbo", "reconstruction", "kl"] as const).map((method) => vae.score(ROWS, { method })),
    );
    elbo.forEach((score, r) => assert.equal(score, reconstruction[r] + kl[r]));
    const { kl: evaluated } = await vae.evaluate(ROWS);
    closeAll(evaluated, kl, 1e-6);
    await assert.rejects(
      vae.score(ROWS, { method: "mse" as "elbo" }),
      /Cannot read method: expected "elbo"/,
    );
  });

  Deno.test(`sample() gives draw i from the seed and i alone on ${backend}`, async () => {
    const many = await vae.sample(200, { seed: 4 });
    const few = await vae.sample(3, { seed: 4 });
    for (const r of [0, 1, 2]) assert.deepEqual(rowOf(few, r), rowOf(many, r));
    assert.notDeepEqual((await vae.sample(3, { seed: 5 })).data, few.data);
    await assert.rejects(vae.sample(0), /count: must be at least 1/);
  });

  Deno.test(`elbo() of a row does not depend on how rows are divided into chunks on ${backend}`, async () => {
    // 40 draws give chunks of 25 rows: row 30 is in the second.
    const all = await vae.elbo(ROWS, { samples: 40, seed: 1 });
    const part = await vae.elbo(ROWS.slice(0, 31), { samples: 40, seed: 1 });
    assert.deepEqual(all.subarray(0, 31), part);
  });

  Deno.test(`setParameters() replaces values, and refuses what does not fit on ${backend}`, async () => {
    const other = VAE.create(SPEC, { seed: 3, backend });
    other.setParameters(vae.parameters());
    assert.deepEqual(await other.score(ROWS), await vae.score(ROWS));
    const bias = { shape: [1, 8], data: new Float32Array(8) };
    assert.throws(() => other.setParameters(new Map([["nothing", bias]])), /no such parameter/);
    assert.throws(
      () => other.setParameters(new Map([["encoder.0.bias", { data: new Float32Array(7) }]])),
      /expected shape \[1, 8\]/,
    );
    const bad = { data: new Float32Array(8).fill(NaN) };
    assert.throws(() => other.setParameters(new Map([["encoder.0.bias", bad]])), /must be finite/);
  });

  Deno.test(`save() and load() keep every score on ${backend}`, async () => {
    const loaded = await TrainedVae.load(vae.save(), { backend });
    assert.deepEqual(await loaded.score(ROWS), await vae.score(ROWS));
    assert.deepEqual(loaded.save(), vae.save());
    assert.equal(loaded.device.backend, backend);
  });
}

Deno.test("sample() of a Bernoulli model gives zeros and ones with the model's means", async () => {
  const vae = VAE.create({ inputs: 3, latent: [{ size: 1 }], likelihood: { type: "bernoulli" } });
  vae.setParameters(
    new Map([
      ["decoder.logits.weight", { data: [0, 0, 0] }],
      ["decoder.logits.bias", { data: [0, 2, -3] }],
    ]),
  );
  const count = 20_000;
  const { data } = await vae.sample(count, { seed: 1 });
  assert.ok(data.every((value) => value === 0 || value === 1));
  [0, 2, -3].forEach((logit, c) => {
    const p = 1 / (1 + Math.exp(-logit));
    const mean = data.filter((_, i) => i % 3 === c).reduce((a, b) => a + b) / count;
    assert.ok(Math.abs(mean - p) < 4 * Math.sqrt(p * (1 - p) / count));
  });
});

Deno.test("sample() of a linear Gaussian model has the model's covariance", async () => {
  const vae = VAE.create({
    inputs: 2,
    latent: [{ size: 1 }],
    likelihood: { type: "gaussian", variance: 0.25 },
  });
  vae.setParameters(
    new Map([["decoder.mean.weight", { data: [2, -1] }], ["decoder.mean.bias", { data: [5, 0] }]]),
  );
  const count = 40_000;
  const { data } = await vae.sample(count, { seed: 3 });
  const moment = (f: (a: number, b: number) => number) => {
    let sum = 0;
    for (let r = 0; r < count; r++) sum += f(data[2 * r] - 5, data[2 * r + 1]);
    return sum / count;
  };
  // W Wᵀ + σ² I = [[4.25, -2], [-2, 1.25]]; standard errors √((σ_ii σ_jj + σ_ij²) / n).
  const close = (got: number, want: number, variance: number) =>
    assert.ok(Math.abs(got - want) < 4 * Math.sqrt(variance / count), `${got} for ${want}`);
  close(moment((a) => a), 0, 4.25);
  close(moment((a) => a * a), 4.25, 2 * 4.25 ** 2);
  close(moment((a, b) => a * b), -2, 4.25 * 1.25 + 4);
  close(moment((_, b) => b * b), 1.25, 2 * 1.25 ** 2);
});

Deno.test("(x, z) can be drawn in both directions: p(z) p(x | z), and p(x) q(z | x) with an exact q", async () => {
  const vae = VAE.create({
    inputs: 2,
    latent: [{ size: 1 }],
    likelihood: { type: "gaussian", variance: 0.25 },
  });
  // W = [2, -1], b = [5, 0], σ² = 1/4: the posterior's precision is 1 + W Wᵀ / σ² = 21.
  vae.setParameters(
    new Map([
      ["decoder.mean.weight", { data: [2, -1] }],
      ["decoder.mean.bias", { data: [5, 0] }],
      ["encoder.mean.weight", { data: [8 / 21, -4 / 21] }],
      ["encoder.mean.bias", { data: [-40 / 21] }],
      ["encoder.logVar.weight", { data: [0, 0] }],
      ["encoder.logVar.bias", { data: [-Math.log(21)] }],
    ]),
  );
  const count = 40_000;
  const { x, z: above } = await vae.sampleJoint(count, { seed: 3 });
  assert.deepEqual(x, await vae.sample(count, { seed: 3 }));
  const others = await vae.sample(count, { seed: 4 });
  const below = await vae.samplePosterior(others, { seed: 5 });
  for (const [pairs, z] of [[x, above], [others, below]] as const) {
    assert.deepEqual(z.shape, [count, 1]);
    const moment = (f: (z: number, a: number, b: number) => number) =>
      z.data.reduce(
        (sum, value, r) => sum + f(value, pairs.data[2 * r] - 5, pairs.data[2 * r + 1]) / count,
        0,
      );
    // Var z = 1, Cov(z, x) = W; standard errors √((σ_ii σ_jj + σ_ij²) / n).
    const close = (got: number, want: number, variance: number) =>
      assert.ok(Math.abs(got - want) < 4 * Math.sqrt(variance / count), `${got} for ${want}`);
    close(moment((z) => z), 0, 1);
    close(moment((z) => z * z), 1, 2);
    close(moment((z, a) => z * a), 2, 4.25 + 4);
    close(moment((z, _, b) => z * b), -1, 1.25 + 1);
  }
  vae.dispose();
});

Deno.test("scoreInto() still works after more programs were compiled than are kept", async () => {
  const vae = VAE.create(SPEC, { seed: 2 });
  const out = new Float64Array(1), row = Float32Array.from(ROWS[0]);
  vae.scoreInto(row, out);
  const [before] = out;
  for (let samples = 1; samples <= 64; samples++) await vae.elbo(ROWS.slice(0, 3), { samples });
  vae.scoreInto(row, out);
  assert.equal(out[0], before, "the single-row program is never the one that goes");
});

Deno.test("a Bernoulli model accepts only values from 0 to 1, in every method that takes rows", async () => {
  const vae = VAE.create({ inputs: 2, latent: [{ size: 1 }], likelihood: { type: "bernoulli" } });
  const x = [[0, 1], [0.5, 2]];
  const message = /row 2, column 2: a Bernoulli likelihood needs a value from 0 to 1/;
  for (
    const call of [
      () => vae.score(x),
      () => vae.elbo(x),
      () => vae.evaluate(x),
      () => vae.logLikelihood(x),
      () => vae.encode(x),
      () => vae.reconstruct(x),
    ]
  ) await assert.rejects(call(), { message, row: 2, column: 2 });
  assert.equal((await vae.decode([[7]])).shape[0], 1, "z is not data");
});

Deno.test("scores that are not finite are refused, naming the row", async () => {
  const vae = VAE.create(SPEC, { seed: 2 });
  const huge = [3e38, -3e38, 3e38, -3e38], out = Float64Array.of(-7);
  for (const method of ["elbo", "reconstruction"] as const) {
    await assert.rejects(vae.score([ROWS[0], huge], { method }), {
      name: "NotFiniteError",
      message: /Cannot score row 2: /,
    });
  }
  for (const row of [huge, [NaN, 0, 0, 0]]) {
    assert.throws(() => vae.scoreInto(Float32Array.from(row), out), {
      name: "NotFiniteError",
      message: /Cannot score row: the result must be a finite float32/,
    });
  }
  assert.equal(out[0], -7, "nothing is written");
});

Deno.test("load() no longer needs the bytes when it returns, at any offset", async () => {
  const spec = { inputs: 3, encoder: { hidden: [4] }, latent: [{ size: 2 }] };
  const vae = VAE.create(spec, { seed: 3 }), bytes = vae.save();
  const rows = [[0.1, -2, 3], [1, 1, 1]], want = await vae.score(rows);
  for (const offset of [0, 1, 4]) {
    const shifted = new Uint8Array(bytes.length + offset).subarray(offset);
    shifted.set(bytes);
    const loading = TrainedVae.load(shifted);
    shifted.fill(0);
    assert.deepEqual(await (await loading).score(rows), want);
  }
});
