/**
 * Calls of a model on WebGPU against the same calls on WebAssembly: every program of three models that together have
 * most of the features of models. scoring_faults.ts has calls during which the GPU fails.
 *
 * Tolerance. Two float32 runs differ by at most 8 √n u of the largest part of a result (`graph/cost.ts`); n, the
 * lengths of all sums of a program, is below 4096 here.
 */
import assert from "node:assert/strict";
import { type ModelSpecInput, VAE } from "../../mod.ts";
import type { TrainingCheck } from "./training.ts";
import { on } from "./faulty_gpu.ts";

const ROUNDING = 8 * 64 * 2 ** -24;

const net = { hidden: [10], activation: "tanh" } as const;

/** 300 rows: more than one run on the host. */
export const ROWS = Array.from(
  { length: 300 },
  (_, r) => Array.from({ length: 6 }, (_, c) => Math.sin(0.37 * r + c)),
);
export const BITS = ROWS.map((row) => row.map((value) => value > 0 ? 1 : 0));
const GAPS = ROWS.map((row, r) => row.map((value, c) => (r + c) % 7 === 0 ? NaN : value));
const CONDITIONS = ROWS.map((_, r) => [r % 2, 1 - r % 2]);

interface Model {
  readonly spec: ModelSpecInput;
  readonly rows: readonly (readonly number[])[];
  readonly condition?: readonly (readonly number[])[];
}

export const MODELS: Readonly<Record<string, Model>> = {
  "a flow, variances of rows, missing cells": {
    spec: {
      ...{ inputs: 6, encoder: net, decoder: net, missing: "mask" },
      latent: [{ size: 2, flows: [{ type: "planar" }] }],
      likelihood: { type: "gaussian", variance: "perRow" },
    },
    rows: GAPS,
  },
  "conditioned bits": {
    spec: { inputs: 6, condition: 2, encoder: net, decoder: net, latent: [{ size: 3 }] },
    rows: BITS,
    condition: CONDITIONS,
  },
  "two layers under a mixture": {
    spec: {
      ...{ inputs: 6, encoder: net, decoder: net, latent: [{ size: 3 }, { size: 2 }] },
      prior: { type: "mixture", components: 3 },
      likelihood: { type: "gaussian", variance: "shared" },
    },
    rows: ROWS,
  },
};

export type Results = Readonly<Record<string, ArrayLike<number>>>;

/** All results of a model, as numbers by name. */
export async function ask(vae: VAE, { rows, condition }: Model): Promise<Results> {
  const given = condition && { condition };
  const few = rows.slice(0, 40), fewGiven = condition && { condition: condition.slice(0, 40) };
  const { mean, logVar } = await vae.encode(rows, given);
  const joint = await vae.sampleJoint(40, { seed: 3, mean: true, ...fewGiven });
  const options = { seed: 5, ...fewGiven };
  return {
    "encode.mean": mean.data,
    "encode.logVar": logVar.data,
    decode: (await vae.decode(mean, given)).data,
    reconstruct: (await vae.reconstruct(rows, given)).data,
    elbo: await vae.score(rows, given),
    reconstruction: await vae.score(rows, { ...given, method: "reconstruction" }),
    kl: await vae.score(rows, { ...given, method: "kl" }),
    "sample.z": joint.z.data,
    "sample.mean": joint.x.data,
    posterior: (await vae.samplePosterior(rows, { seed: 4, ...given })).data,
    // 70 draws are two runs for each row.
    logLikelihood: await vae.logLikelihood(few, { samples: 70, ...options }),
    bound: await vae.elbo(few, { samples: 3, ...options }),
    activeUnits: [(await vae.evaluate(few, options)).activeUnits],
  };
}

export function assertClose(got: Results, want: Results): void {
  for (const [name, expected] of Object.entries(want)) {
    const largest = Array.from(expected).reduce((most, each) => Math.max(most, Math.abs(each)), 1);
    assert.equal(got[name].length, expected.length, name);
    for (let i = 0; i < expected.length; i++) {
      const distance = Math.abs(got[name][i] - expected[i]);
      assert.ok(
        distance <= ROUNDING * largest,
        `${name}[${i}]: ${got[name][i]} is not ${expected[i]}`,
      );
    }
  }
}

export const SMALL: ModelSpecInput = {
  inputs: 6,
  encoder: { hidden: [] },
  decoder: { hidden: [] },
  latent: [{ size: 2 }],
  likelihood: { type: "gaussian", variance: 1 },
};

/** Checks for any WebGPU. */
export const CALL_CHECKS: readonly TrainingCheck[] = Object.entries(MODELS).map((
  [name, model],
): TrainingCheck => ({
  name: `calls of a model with ${name} give what WebAssembly gives`,
  async run() {
    const host = VAE.create(model.spec, { seed: 1, backend: "wasm" });
    const device = VAE.create(model.spec, { seed: 1, backend: "webgpu" });
    assertClose(await ask(device, model), await ask(host, model));
    assert.equal(device.device.lost, undefined);
    assert.equal(device.device.scoring, "webgpu");
    assert.equal(host.device.scoring, undefined);
    host.dispose();
    device.dispose();
  },
}));

export const SCORING_CHECKS: readonly TrainingCheck[] = [
  {
    name: "a loaded model scores on the GPU, and gives everything back",
    async run() {
      const trained = VAE.create(SMALL, { seed: 2, backend: "wasm" });
      const { device, counts } = on({});
      const vae = await VAE.load(trained.save(), device);
      assertClose({ score: await vae.score(ROWS) }, { score: await trained.score(ROWS) });
      assert.equal(vae.device.scoring, "webgpu");
      const row = Float32Array.from(ROWS[7]), out = new Float64Array(1), want = new Float64Array(1);
      vae.scoreInto(row, out);
      trained.scoreInto(row, want);
      assert.equal(out[0], want[0]);
      vae.dispose();
      assert.deepEqual([counts.devices, counts.liveDevices, counts.liveBuffers], [1, 0, 0]);
    },
  },
  {
    name: "calls at once, and changes of parameters between them, do not mix",
    async run() {
      const wasm = VAE.create(SMALL, { seed: 2, backend: "wasm" });
      const { device } = on({});
      const vae = VAE.create(SMALL, { seed: 2, ...device });
      const parts = [0, 100, 200].map((first) => ROWS.slice(first, first + 100));
      const got = await Promise.all(parts.map((part) => vae.score(part)));
      for (const [i, part] of parts.entries()) {
        assertClose({ score: got[i] }, { score: await wasm.score(part) });
      }
      const other = VAE.create(SMALL, { seed: 9, backend: "wasm" });
      const pending = vae.encode(parts[0]);
      await pending;
      vae.setParameters(other.parameters());
      assertClose({ score: await vae.score(ROWS) }, { score: await other.score(ROWS) });
      assert.equal(vae.device.lost, undefined);
    },
  },
  {
    name: "a model that is fitted while it scores gives right scores on both sides of it",
    async run() {
      const { device } = on({});
      const vae = VAE.create(SMALL, { seed: 2, ...device });
      const wasm = VAE.create(SMALL, { seed: 2, backend: "wasm" });
      const before = vae.score(ROWS);
      const [scores] = await Promise.all([before, vae.fit(ROWS, { epochs: 1, batchSize: 100 })]);
      assertClose({ score: scores }, { score: await wasm.score(ROWS) });
      const after = VAE.create(SMALL, { backend: "wasm" });
      after.setParameters(vae.parameters());
      assertClose({ score: await vae.score(ROWS) }, { score: await after.score(ROWS) });
      assert.equal(vae.device.lost, undefined);
    },
  },
];
