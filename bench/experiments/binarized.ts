/**
 * The small model of github.com/altosaar/variational-autoencoder on Larochelle's fixed binarisation of MNIST: 128
 * latent variables, two hidden layers of 256 (ReLU) in both networks, batches of 128 of 50,000 images, one draw;
 * `--flows N` adds N inverse autoregressive flows to the posterior. Published, validation ln p(x): -100.04 after 20,000
 * steps; with flows -99.11; test after 65,000: -97.10.
 *
 * The authors use RMSprop at a constant 1e-3. Here: Adam from 2e-3 along half a cosine, the output's bias from the
 * pixel means, and a KL whose weight rises over the first three epochs; without this, that bias lets the posterior
 * collapse. Epochs have 391 steps, the last of 80 images; as many whole ones are run as the steps allow.
 *
 *     deno task experiment:binarized [--steps 20000] [--flows 2] [--rate 0.002] [--seed 1] [--samples 200] [--parts valid,test] [--save FILE] [--curve FILE.svg] [--checkpoint DIR] [--images DIR]
 */
import { parseArgs } from "node:util";
import { lossCurve } from "../../src/cli/train/loss_curve.ts";
import { VAE } from "../../src/training/vae.ts";
import { figuresOf, note, report } from "./evaluate.ts";
import { folderStore } from "./folder_store.ts";
import { BINARIZED, pixelLogits, readBinarized } from "./images.ts";

const BATCH = 128;

const { values: given } = parseArgs({
  options: {
    steps: { type: "string", default: "20000" },
    flows: { type: "string", default: "0" },
    rate: { type: "string", default: "0.002" },
    seed: { type: "string", default: "1" },
    samples: { type: "string", default: "200" },
    parts: { type: "string", default: "valid,test" },
    save: { type: "string" },
    curve: { type: "string" },
    checkpoint: { type: "string" },
    images: { type: "string", default: BINARIZED },
  },
});

const train = await readBinarized("train", given.images);
const seed = Number(given.seed), flows = Number(given.flows);
const stepsPerEpoch = Math.ceil(train.shape[0] / BATCH);
const epochs = Math.floor(Number(given.steps) / stepsPerEpoch);
const network = { hidden: [256, 256], activation: "relu" } as const;
const vae = VAE.create({
  inputs: train.shape[1],
  encoder: network,
  decoder: network,
  latent: [{
    size: 128,
    flows: Array.from({ length: flows }, () => ({ type: "iaf", hidden: [256] }) as const),
  }],
  likelihood: { type: "bernoulli" },
}, { seed });
vae.setParameters(new Map([["decoder.logits.bias", { data: pixelLogits(train) }]]));

const start = performance.now();
const { history } = await vae.fit(train, {
  epochs,
  batchSize: BATCH,
  objective: { type: "elbo", warmUpEpochs: 3 },
  optimizer: { type: "adam", learningRate: Number(given.rate), decay: "cosine" },
  checkpoint: given.checkpoint === undefined ? undefined : folderStore(given.checkpoint),
  onProgress: ({ epoch, elbo, kl, activeUnits, rowsPerSecond }) =>
    note(
      `epoch ${epoch} of ${epochs}: ELBO ${elbo.toFixed(3)}, KL ${kl.toFixed(2)}, ` +
        `${activeUnits} active units, ${Math.round(rowsPerSecond)} rows/s`,
    ),
});
const seconds = (performance.now() - start) / 1000;
if (given.save !== undefined) await Deno.writeFile(given.save, vae.save());
if (given.curve !== undefined) await Deno.writeTextFile(given.curve, lossCurve(history));
for (const part of given.parts.split(",") as ("valid" | "test")[]) {
  const rows = await readBinarized(part, given.images);
  const figures = await figuresOf(vae, rows, { samples: Number(given.samples) });
  report(`fixed binarisation, ${flows} flows, ${epochs * stepsPerEpoch} steps, seed ${seed}`, {
    [`${part} ELBO`]: figures.elbo,
    [`${part} ln p(x)`]: figures.logLikelihood,
    "standard error": figures.logLikelihoodError,
    "active units": figures.activeUnits,
    "train ELBO": history.at(-1)!.elbo,
    "training seconds": Math.round(seconds),
  });
}
vae.dispose();
