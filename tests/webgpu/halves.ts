/**
 * Calls with parameters kept as half-precision numbers on the device. Their results must be, up to rounding, those of
 * the same model with parameters rounded to halves on WebAssembly, and within the derived bound of those of the
 * original model.
 */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { openDevice } from "../../src/backends/webgpu/device.ts";
import { backendOn } from "../../src/backends/webgpu/backend.ts";
import { fromHalf, toNormalHalf } from "../../src/core/bytes/half.ts";
import { type Rounding, scoreAndBound } from "../util/rounded_weights.ts";
import type { Faults } from "./faulty_gpu.ts";
import { ask, assertClose, BITS, MODELS, ROWS, SMALL } from "./scoring.ts";
import type { TrainingCheck } from "./training.ts";
import { on } from "./faulty_gpu.ts";

/** Halves that are zero or normal. */
const HALF: Rounding = { epsilon: 2 ** -11, floor: 2 ** -15, biases: true };

const halves = (faults: Faults) => {
  const { device, counts } = on(faults);
  const adapter = { ...device.adapter, weights: "f16" } as const;
  return { device: { ...device, adapter }, counts };
};

/** The parameters of a model, each rounded to the nearest half. */
function rounded(vae: VAE): ReturnType<VAE["parameters"]> {
  const all = vae.parameters();
  for (const { data } of all.values()) data.forEach((w, i) => data[i] = fromHalf(toNormalHalf(w)));
  return all;
}

/** For any WebGPU; one that lacks the feature must say so. */
export const HALF_CALL_CHECK: TrainingCheck = {
  name:
    "calls with halves give what WebAssembly gives of rounded parameters, or are refused by name",
  async run() {
    const model = MODELS["two layers under a mixture"];
    const device = VAE.create(model.spec, {
      ...{ seed: 1, backend: "webgpu", adapter: { weights: "f16" } },
    });
    const adapter = await navigator.gpu.requestAdapter();
    if (!adapter!.features.has("shader-f16")) {
      const refused = await device.score(model.rows).then(
        () => "it is not",
        ({ message }) => message,
      );
      assert.ok(
        /weights "f16" need the feature shader-f16, which ".+" lacks/.test(refused),
        refused,
      );
      return;
    }
    const host = VAE.create(model.spec, { seed: 1, backend: "wasm" });
    host.setParameters(rounded(host));
    assertClose(await ask(device, model), await ask(host, model));
    assert.equal(device.device.lost, undefined);
    assert.equal(device.device.scoringWeights, "f16");
    device.dispose();
    host.dispose();
  },
};

export const HALF_CHECKS: readonly TrainingCheck[] = [
  ...[
    { rows: ROWS, likelihood: { type: "gaussian", variance: 1 } } as const,
    { rows: BITS, likelihood: { type: "bernoulli" } } as const,
  ].map(({ rows, likelihood }): TrainingCheck => ({
    name: `halves move a ${likelihood.type} score by no more than the bound`,
    async run() {
      const network = { hidden: [10], activation: "tanh" } as const;
      const spec = {
        inputs: 6,
        encoder: network,
        decoder: network,
        latent: [{ size: 2 }],
        likelihood,
      };
      const host = VAE.create(spec, { seed: 1, backend: "wasm" });
      await host.fit(rows, { epochs: 20, batchSize: 50 });
      const vae = VAE.create(spec, { seed: 2, ...halves({}).device });
      await vae.score(rows);
      // They follow changes of the parameters.
      vae.setParameters(host.parameters());
      const [got, want] = [await vae.score(rows), await host.score(rows)];
      rows.forEach((row, r) => {
        const [, bound] = scoreAndBound(host, [...Float32Array.from(row)], HALF);
        const moved = Math.abs(got[r] - want[r]);
        assert.ok(moved <= bound, `row ${r} moved by ${moved}, bound ${bound}`);
      });
      // More than float32 rounding changes the largest of them: they are really rounded.
      assert.ok(want.some((score, r) => Math.abs(got[r] - score) > 2 ** -18 * Math.abs(score)));
      assert.equal(vae.device.lost, undefined);
      vae.dispose();
      host.dispose();
    },
  })),
  {
    name: "halves take half the memory, and are only read",
    async run() {
      const device = await openDevice({ allowSoftware: true, weights: "f16" });
      const backend = backendOn(device), segment = backend.allocate(7, "f16");
      const values = [1, -2.5, 2 ** -20, 2 ** -14.5, 1 / 3, -65504, 0];
      segment.write(0, values.slice(0, 3));
      segment.write(3, values.slice(3));
      const got = new Float32Array(7);
      await segment.read(0, got);
      assert.deepEqual([...got], [1, -2.5, 0, 2 ** -14, 0.333251953125, -65504, 0]);
      assert.equal((segment as unknown as { buffer: GPUBuffer }).buffer.size, 16);
      assert.throws(
        () => segment.write(0, [65520]),
        /each must be below 65520, got 65520/,
      );
      backend.dispose();
    },
  },
  {
    name: "without shader-f16 halves are refused by name, and auto does without a GPU",
    async run() {
      const faults = { without: "shader-f16" } as const;
      const asked = VAE.create(SMALL, { seed: 2, ...halves(faults).device });
      await assert.rejects(
        asked.score(ROWS),
        /weights "f16" need the feature shader-f16, which "llvmpipe.*" lacks/,
      );
      const { device, counts } = halves({ ...faults, asCard: true });
      const adapter = { ...device.adapter, trialOperations: 0 };
      const auto = VAE.create(SMALL, { seed: 2, backend: "auto", adapter });
      const host = VAE.create(SMALL, { seed: 2, backend: "wasm" });
      assert.deepEqual(await auto.score(ROWS), await host.score(ROWS));
      assert.deepEqual([counts.adapters, counts.devices], [1, 0]);
      // Training is in float32, so it does not need the feature.
      const { gpu } = await asked.fit(ROWS, { epochs: 1, batchSize: 150 });
      assert.equal(gpu?.steps, 2);
    },
  },
  {
    name: "a parameter beyond halves is refused by its value",
    async run() {
      const vae = VAE.create(SMALL, { seed: 2, ...halves({}).device });
      vae.setParameters(new Map([["decoder.mean.bias", { data: [1e5, 0, 0, 0, 0, 0] }]]));
      await assert.rejects(
        vae.score(ROWS),
        /parameters as f16: each must be below 65520, got 100000/,
      );
      assert.throws(
        () => VAE.create(SMALL, { backend: "webgpu", adapter: { weights: "f8" as "f16" } }),
        /^TypeError: Cannot read adapter.weights: expected "f32" or "f16", got "f8"$/,
      );
    },
  },
];
