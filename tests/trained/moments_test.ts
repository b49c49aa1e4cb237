/**
 * `encode()` if q(z | x) has no closed form: with flows, and in a ladder. Oracle: the moments of draws by
 * `samplePosterior()` with other noise, within 4 standard errors; for plain models, the encoder's output.
 */
import assert from "node:assert/strict";
import { type ModelSpecInput, VAE } from "../../mod.ts";
import { planeRows } from "../util/data.ts";
import { estimate } from "../util/statistics.ts";

const INPUTS = 4, DRAWS = 8000;
const ROWS = planeRows(24, INPUTS, 3);
const above = { encoder: { hidden: [5] }, decoder: { hidden: [5] } };
const SPECS: Readonly<Record<string, Omit<ModelSpecInput, "inputs">>> = {
  flows: { latent: [{ size: 2, flows: [{ type: "iaf", hidden: [6] }, { type: "planar" }] }] },
  "a ladder": { latent: [{ size: 2 }, { size: 1, ...above }], inference: "ladder" },
};

for (const [name, spec] of Object.entries(SPECS)) {
  Deno.test(`encode() of ${name}: mean and variance are those of draws, in any row`, async () => {
    const vae = VAE.create({ inputs: INPUTS, encoder: { hidden: [6] }, ...spec }, { seed: 1 });
    await vae.fit(ROWS, { epochs: 40, optimizer: { type: "adam", learningRate: 0.01 } });
    const samples = 8000, of = 7;
    const { mean, logVar } = await vae.encode([ROWS[0], ROWS[of]], { samples });
    const { data } = await vae.samplePosterior(new Array<number[]>(DRAWS).fill(ROWS[of]));
    const [, size] = mean.shape;
    for (let l = 0; l < size; l++) {
      const draws = Float64Array.from({ length: DRAWS }, (_, k) => data[k * size + l]);
      const drawn = estimate(draws);
      const squares = estimate(draws.map((z) => (z - drawn.mean) ** 2));
      // Both sides use the same number of draws.
      const by = mean.data[size + l] - drawn.mean;
      assert.ok(Math.abs(by) <= 4 * Math.SQRT2 * drawn.standardError, `mean off by ${by}`);
      const byVariance = Math.exp(logVar.data[size + l]) - squares.mean;
      const error = Math.SQRT2 * squares.standardError;
      assert.ok(Math.abs(byVariance) <= 4 * error, `variance off by ${byVariance} ± ${error}`);
    }
    const [alone, among] = [await vae.encode([ROWS[of]]), await vae.encode(ROWS)];
    assert.deepEqual(alone.mean.data, among.mean.data.slice(of * size, (of + 1) * size));
    assert.deepEqual(alone.logVar.data, among.logVar.data.slice(of * size, (of + 1) * size));
    vae.dispose();
  });
}

Deno.test("encode() of one Gaussian layer is the encoder's output, for any number of draws", async () => {
  const vae = VAE.create({ inputs: INPUTS, latent: [{ size: 2 }] }, { seed: 1 });
  assert.deepEqual(await vae.encode(ROWS, { samples: 2 }), await vae.encode(ROWS, { seed: 9 }));
  vae.dispose();
});

Deno.test("units that do not depend on the data are not active, on any layer", async () => {
  const vae = VAE.create({
    inputs: INPUTS,
    latent: [{ size: 3 }, { size: 2, ...above }],
  }, { seed: 1 });
  // z1 does not depend on x: its q is the same for every row.
  const silent = ["encoder1.mean.weight", "encoder1.logVar.weight"].map((name) => {
    const { data } = vae.parameters().get(name)!;
    return [name, { data: data.fill(0) }] as const;
  });
  vae.setParameters(new Map(silent));
  const { activeUnits, activeUnitsPerLayer, klPerLayer, kl } = await vae.evaluate(ROWS, {
    samples: 5,
  });
  assert.deepEqual(activeUnitsPerLayer, [activeUnits, 0]);
  assert.ok(activeUnits > 0);
  const mean = kl.reduce((a, b) => a + b) / ROWS.length;
  assert.ok(Math.abs(klPerLayer[0] + klPerLayer[1] - mean) < 1e-9 * Math.abs(mean) + 1e-9);
  vae.dispose();
});
