/** Scores with weights as bf16: within the bound that `util/rounded_weights.ts` derives. */
import assert from "node:assert/strict";
import { Detector, TableScorer, TrainedVae, VAE } from "../../mod.ts";
import { ACTIVATE } from "../util/activations.ts";
import { planeRows } from "../util/data.ts";
import { type Rounding, scoreAndBound } from "../util/rounded_weights.ts";

const BF16: Rounding = { epsilon: 2 ** -8, floor: 2 ** -99, biases: false };

/** Spearman's rank correlation of values without ties. */
function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const ranks = (values: readonly number[]) => {
    const rank = new Array<number>(values.length);
    values.map((_, i) => i).sort((i, j) => values[i] - values[j]).forEach((i, r) => rank[i] = r);
    return rank;
  };
  const [ra, rb] = [ranks(a), ranks(b)], n = a.length;
  const squares = ra.reduce((sum, rank, i) => sum + (rank - rb[i]) ** 2, 0);
  return 1 - 6 * squares / (n * (n * n - 1));
}

const PLANE = planeRows(400, 12, 21);
const MODELS = {
  gaussian: { rows: PLANE, likelihood: { type: "gaussian", variance: 1 } },
  bernoulli: {
    rows: PLANE.map((row) => row.map((x) => ACTIVATE.sigmoid(3 * x))),
    likelihood: { type: "bernoulli" },
  },
} as const;

for (const [name, { rows, likelihood }] of Object.entries(MODELS)) {
  Deno.test(`bf16 weights change a ${name} score by at most the bound, and its rank hardly`, async () => {
    const network = { hidden: [40, 24], activation: "tanh" } as const;
    const spec = {
      inputs: 12,
      encoder: network,
      decoder: network,
      latent: [{ size: 3 }],
      likelihood,
    };
    const trained = VAE.create(spec, { seed: 3 });
    await trained.fit(rows, {
      epochs: 30,
      batchSize: 50,
      optimizer: { type: "adam", learningRate: 0.005 },
    });
    const bytes = trained.save();
    const exact = await TrainedVae.load(bytes);
    const rounded = await TrainedVae.load(bytes, { weights: "bf16" });
    const [out, other] = [new Float64Array(1), new Float64Array(1)];
    const scores: [number, number][] = rows.map((row, r) => {
      const [score, bound] = scoreAndBound(exact, [...Float32Array.from(row)], BF16);
      exact.scoreInto(Float32Array.from(row), out);
      rounded.scoreInto(Float32Array.from(row), other);
      assert.ok(Math.abs(out[0] - score) <= 1e-4 * (1 + Math.abs(score)), `row ${r}: the loops`);
      const moved = Math.abs(other[0] - out[0]);
      assert.ok(moved <= bound, `row ${r} moved by ${moved}, bound ${bound}`);
      assert.ok(moved > 0, `row ${r}: the weights are rounded`);
      return [out[0], other[0]];
    });
    const correlation = rankCorrelation(scores.map(([a]) => a), scores.map(([, b]) => b));
    // Measured: 0.99998 and more. An untrained model orders its rows much less firmly.
    assert.ok(correlation > 0.999, `rank correlation ${correlation}`);
    // All other methods use the weights as they are.
    assert.deepEqual(await rounded.score(rows), await exact.score(rows));
    for (const each of [trained, exact, rounded]) each.dispose();
  });
}

Deno.test("bf16 weights follow setParameters(), and float32 ones give the bits of score()", async () => {
  for (const weights of ["f32", "bf16"] as const) {
    const spec = { inputs: 12, encoder: { hidden: [20] }, latent: [{ size: 9 }] };
    const vae = VAE.create(spec, { seed: 1, weights }), row = Float32Array.from(PLANE[0]);
    const fresh = VAE.create(spec, { seed: 2, weights });
    const [out, want] = [new Float64Array(1), new Float64Array(1)];
    vae.scoreInto(row, out);
    vae.setParameters(fresh.parameters());
    vae.scoreInto(row, out);
    fresh.scoreInto(row, want);
    assert.equal(out[0], want[0]);
    const exact = (await vae.score([PLANE[0]]))[0];
    assert.equal(out[0] === exact, weights === "f32");
    await vae.fit(PLANE, { epochs: 1 });
    fresh.setParameters(vae.parameters());
    vae.scoreInto(row, out);
    fresh.scoreInto(row, want);
    assert.equal(out[0], want[0], "after training");
  }
});

Deno.test("device says how weights are kept; an unknown format is refused by name", async () => {
  const options = { epochs: 2, seed: 1 };
  const detector = await Detector.fit(PLANE, { ...options, weights: "bf16" });
  assert.equal(detector.device.weights, "bf16");
  const bytes = detector.save();
  assert.equal((await TableScorer.load(bytes)).device.weights, "f32");
  assert.equal((await TableScorer.load(bytes, { weights: "bf16" })).device.weights, "bf16");
  assert.equal(
    "weights" in (await TableScorer.load(bytes, { backend: "reference" })).device,
    false,
  );
  // Training does not use it.
  assert.deepEqual((await Detector.fit(PLANE, options)).save(), bytes);
  const bad = { weights: "f16" as "f32" };
  const message = /^Cannot read weights: expected "f32" or "bf16", got "f16"$/;
  assert.throws(() => VAE.create({ inputs: 2, latent: [{ size: 1 }] }, bad), {
    name: "TypeError",
    message,
  });
  await assert.rejects(TableScorer.load(bytes, bad), { name: "TypeError", message });
  await assert.rejects(Detector.fit(PLANE, bad), { name: "TypeError", message });
});

Deno.test("a run resumes on a device with another weight format", async () => {
  const spec = { inputs: 12, latent: [{ size: 2 }] }, options = { epochs: 2, batchSize: 100 };
  const written: Uint8Array[] = [];
  const store = (bytes?: Uint8Array) => ({
    everySeconds: 0,
    read: () => Promise.resolve(bytes),
    write: (state: Uint8Array) => Promise.resolve(void written.push(state)),
  });
  const whole = VAE.create(spec, { seed: 4 });
  await whole.fit(PLANE, { ...options, checkpoint: store() });
  const resumed = VAE.create(spec, { seed: 4, weights: "bf16" });
  await resumed.fit(PLANE, { ...options, checkpoint: store(written[2]) });
  assert.deepEqual(resumed.save(), whole.save());
});
