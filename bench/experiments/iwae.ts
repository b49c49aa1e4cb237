/**
 * "Importance Weighted Autoencoders" (Burda et al., 2016) on MNIST: one stochastic layer, 784-200-200-50 and back, or
 * with `--layers 2` two, 784-200-200-100-100-100-50 and back (h1 has 100 units, h2 50); tanh, dynamic binarisation,
 * Adam (ε 1e-4), batches of 20, rate 1e-3 · 10^(-i/7) for 3^i epochs, i = 0 … stages - 1; 8 stages are the paper's
 * 3,280 epochs. The output's bias starts from the pixel means. NLL of the test images by importance sampling.
 *
 *     deno task experiment:iwae --objective vae|iwae --k 5 --stages 4 --seed 1 [--layers 2] [--estimator dreg] [--samples 5000] [--tested 10000] [--trained 59600] [--checkpoint DIR] [--every 60] [--images DIR] [--threads 2] [--backend webgpu]
 *
 * The whole recipe is one command: `--k 1,5,50 --stages 8 --checkpoint DIR`. Killed at any moment, the same command
 * continues: results that are done, for example in DIR/k5, are read from there, and one that was begun is resumed. A
 * folder of other options is refused.
 */
import { parseArgs } from "node:util";
import { VAE } from "../../src/training/vae.ts";
import { figuresOf, lineOf, note } from "./evaluate.ts";
import { folderStore, onceIn } from "./folder_store.ts";
import { binarizeOnce, MNIST, pixelLogits, readImages, rowsOf } from "./images.ts";

const VALIDATION_ROWS = 400;
const BATCH = 20;

const { values: given } = parseArgs({
  options: {
    objective: { type: "string", default: "iwae" },
    k: { type: "string", default: "1" },
    stages: { type: "string", default: "4" },
    seed: { type: "string", default: "1" },
    layers: { type: "string", default: "1" },
    trained: { type: "string" },
    estimator: { type: "string", default: "standard" },
    samples: { type: "string", default: "5000" },
    tested: { type: "string", default: "10000" },
    checkpoint: { type: "string" },
    every: { type: "string", default: "60" },
    images: { type: "string", default: MNIST },
    threads: { type: "string", default: "1" },
    backend: { type: "string", default: "auto" },
  },
});

const grey = await readImages(`${given.images}/train-images-idx3-ubyte.gz`);
const train = rowsOf(grey, 0, Number(given.trained ?? grey.shape[0] - VALIDATION_ROWS));
const test = rowsOf(
  binarizeOnce(await readImages(`${given.images}/t10k-images-idx3-ubyte.gz`)),
  0,
  Number(given.tested),
);

const seed = Number(given.seed), stages = Number(given.stages);
const network = { hidden: [200, 200], activation: "tanh" } as const;
const above = { hidden: [100, 100], activation: "tanh" } as const;
const LATENTS = {
  1: [{ size: 50 }],
  2: [{ size: 100 }, { size: 50, encoder: above, decoder: above }],
} as const;
const latent = LATENTS[Number(given.layers) as keyof typeof LATENTS];
if (!latent) throw new RangeError(`Use --layers 1 or 2, got ${given.layers}`);

/** Trains and tests with this many draws; the line of results. */
async function run(samples: number, folder?: string): Promise<string> {
  const vae = VAE.create({
    inputs: train.shape[1],
    encoder: network,
    decoder: network,
    latent,
    likelihood: { type: "bernoulli" },
  }, { seed, threads: Number(given.threads), backend: given.backend as "auto" });
  vae.setParameters(new Map([["decoder.logits.bias", { data: pixelLogits(train) }]]));

  const objective = given.objective === "vae"
    ? { type: "elbo", samples, kl: "monteCarlo" } as const
    : { type: "iwae", samples, estimator: given.estimator as "standard" } as const;
  const epochsBefore = Array.from({ length: stages - 1 }, (_, i) => (3 ** (i + 1) - 1) / 2);
  const start = performance.now();
  const { history } = await vae.fit(train, {
    epochs: (3 ** stages - 1) / 2,
    batchSize: BATCH,
    binarize: true,
    objective,
    optimizer: {
      type: "adam",
      learningRate: 1e-3,
      epsilon: 1e-4,
      decay: { epochs: epochsBefore, factor: 10 ** (-1 / 7) },
    },
    checkpoint: folder === undefined ? undefined : folderStore(folder, Number(given.every)),
    onProgress: ({ epoch, epochs, loss, activeUnits, rowsPerSecond }) =>
      note(
        `epoch ${epoch} of ${epochs}: bound ${(-loss).toFixed(3)}, ${activeUnits} active units, ` +
          `${Math.round(rowsPerSecond)} rows/s`,
      ),
  });
  const trainSeconds = (performance.now() - start) / 1000;
  const { logLikelihood, logLikelihoodError, elbo, activeUnits } = await figuresOf(vae, test, {
    samples: Number(given.samples),
  });
  const line = lineOf(
    `${given.layers} layers ${given.objective} k=${samples} ${given.estimator} seed ${seed}`,
    {
      NLL: -logLikelihood,
      "standard error": logLikelihoodError,
      ELBO: elbo,
      "active units": activeUnits,
      ...(vae.device.adapter ? { device: JSON.stringify(vae.device) } : {}),
      "train bound": -history.at(-1)!.loss,
      epochs: history.length,
      "training seconds": Math.round(trainSeconds),
      "all seconds": Math.round((performance.now() - start) / 1000),
    },
  );
  vae.dispose();
  return line;
}

/** The options that a result depends on. */
const { checkpoint: _, every: _every, threads: _threads, backend: _backend, ...decisive } = given;

for (const k of given.k.split(",").map(Number)) {
  const folder = given.checkpoint === undefined ? undefined : `${given.checkpoint}/k${k}`;
  if (folder === undefined) console.log(await run(k));
  else console.log(await onceIn(folder, { ...decisive, k }, () => run(k, folder)));
}
