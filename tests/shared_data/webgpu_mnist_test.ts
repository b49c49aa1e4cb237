/**
 * Training on WebGPU against WebAssembly on real data, over 200 steps from one seed: a table, MNIST, and the
 * importance-weighted bound on MNIST. The suite's own three models (tests/webgpu/training.ts) are smaller.
 *
 * Tolerance. The relative error of a step is 8 √n u (`graph/cost.ts`), and errors of a step affect the next: t times
 * that after t steps. n, the lengths of the sums on the way from one loss to the next (forward, backward, over the
 * batch), is below 8192; the sum of the gradient's squares is longer, but has no effect here. This holds if training
 * does not amplify errors: the two builds of WebAssembly, which round differently, must meet the same limit first. With
 * a rate of 1e-3, the bound of k = 5 on 80 images does not (the builds are 3 % apart after 170 steps), so it is trained
 * with 2e-4.
 */
import assert from "node:assert/strict";
import {
  type CreateOptions,
  type FitOptions,
  type FitReport,
  type ModelSpecInput,
  VAE,
} from "../../mod.ts";
import { readTable } from "../../bench/detection/protocol.ts";
import { binarizeOnce, MNIST, readImages, rowsOf } from "../../bench/experiments/images.ts";
import type { Matrix } from "../../src/trained/rows/matrix.ts";

const STEPS = 200, LONGEST = 8192;

interface Case {
  readonly rows: () => Promise<Matrix>;
  readonly network: readonly number[];
  readonly latent: number;
  readonly likelihood: ModelSpecInput["likelihood"];
  readonly batchSize: number;
  readonly objective?: FitOptions["objective"];
  readonly learningRate?: number;
}

const images = (count: number) => async () =>
  rowsOf(binarizeOnce(await readImages(`${MNIST}/train-images-idx3-ubyte.gz`)), 0, count);

/** The first rows of thyroid, with columns scaled to [-1, 1]. */
async function table(): Promise<Matrix> {
  const { cells: { data, rows }, columns } = await readTable("thyroid");
  const most = Array.from({ length: columns }, () => 0);
  data.forEach((value, i) => most[i % columns] = Math.max(most[i % columns], Math.abs(value)));
  const scaled = Float32Array.from(data, (value, i) => value / (most[i % columns] || 1));
  return rowsOf({ data: scaled, shape: [rows, columns] }, 0, 1000);
}

const CASES: Readonly<Record<string, Case>> = {
  "a Gaussian table (thyroid)": {
    ...{ rows: table, network: [64], latent: 4, batchSize: 50 },
    likelihood: { type: "gaussian", variance: "shared" },
  },
  "Bernoulli MNIST, 784-400-20": {
    ...{ rows: images(160), network: [400], latent: 20, batchSize: 16 },
    likelihood: { type: "bernoulli" },
  },
  "IWAE on MNIST, k = 5, 784-200-200-50": {
    ...{ rows: images(80), network: [200, 200], latent: 50, batchSize: 8 },
    likelihood: { type: "bernoulli" },
    objective: { type: "iwae", samples: 5 },
    learningRate: 2e-4,
  },
};

for (const [name, each] of Object.entries(CASES)) {
  Deno.test(`webgpu: ${name}: the loss curve of ${STEPS} steps is that of WebAssembly`, async () => {
    const { network: hidden, latent, likelihood, batchSize, objective } = each;
    const optimizer = { type: "adam", learningRate: each.learningRate ?? 1e-3 } as const;
    const rows = await each.rows(), perEpoch = Math.ceil(rows.shape[0] / batchSize);
    const network = { hidden, activation: "tanh" } as const;
    const spec: ModelSpecInput = {
      ...{ inputs: rows.shape[1], encoder: network, decoder: network, latent: [{ size: latent }] },
      likelihood,
    };
    const run = async (device: CreateOptions) => {
      const vae = VAE.create(spec, { seed: 1, ...device }), epochs = STEPS / perEpoch;
      const report = await vae.fit(rows, { epochs, batchSize, objective, optimizer });
      vae.dispose();
      return report;
    };
    const want = await run({ backend: "wasm" });
    largestDifference(await run({ backend: "wasm", determinism: "portable" }), want, perEpoch);
    const got = await run({ backend: "webgpu" });
    assert.equal(got.gpu?.lost, undefined);
    assert.equal(got.gpu?.steps, STEPS);
    const largest = largestDifference(got, want, perEpoch);
    console.log(
      `${name}: ${got.gpu?.adapter}, largest relative difference ${largest.toExponential(1)}`,
    );
  });
}

/** The relative difference of the losses of all epochs, each within its limit. */
function largestDifference(got: FitReport, want: FitReport, perEpoch: number): number {
  return want.history.reduce((largest, { epoch, loss }, i) => {
    const limit = 8 * Math.sqrt(LONGEST) * 2 ** -24 * epoch * perEpoch;
    const off = Math.abs(got.history[i].loss - loss) / Math.abs(loss);
    assert.ok(off <= limit, `epoch ${epoch}: ${got.history[i].loss} is not ${loss}`);
    return Math.max(largest, off);
  }, 0);
}
