/**
 * The categorical VAE of Jang, Gu and Poole (2017) as in its authors' notebook "Categorical VAE"
 * (github.com/ericjang/gumbel-softmax): V variables of 10 classes, 784-512-256 and back, ReLU, 55,000 images of MNIST
 * as grey values with the Bernoulli loss, batches of 100, Adam from 9e-4 times 0.9 every 1,000 steps, temperature
 * e^(-3e-5 step) down to 0.5, KL to the uniform prior in closed form. The notebook has V = 30, and prints the bound of
 * one batch: -108.8 at step 5,001, -103.6 at 10,001.
 *
 * Here epochs have 550 steps, so that the rate falls at whole epochs: 18 end at step 9,900, 19 at 10,450. Prints the
 * mean relaxed training bound of each of them, and the bound of the test images with exact discrete draws.
 *
 *     deno task experiment:categorical [--variables 20] [--relaxation gumbelSoftmax|straightThrough|none] [--seed 1] [--epochs 19] [--samples 20] [--binarize] [--checkpoint DIR] [--images DIR]
 *
 * `none` trains by REINFORCE with leave-one-out baselines, with `--draws 4`.
 */
import { parseArgs } from "node:util";
import { VAE } from "../../src/training/vae.ts";
import { figuresOf, note, report } from "./evaluate.ts";
import { folderStore } from "./folder_store.ts";
import { binarizeOnce, MNIST, readImages, rowsOf } from "./images.ts";

const TRAINING_ROWS = 55_000, BATCH = 100, STEPS_PER_EPOCH = TRAINING_ROWS / BATCH;
const RATE_STEPS = 1000;
/** Steps until e^(-3e-5 step) is 0.5. */
const TEMPERATURE_STEPS = Math.log(2) / 3e-5;

const { values: given } = parseArgs({
  options: {
    variables: { type: "string", default: "20" },
    relaxation: { type: "string", default: "gumbelSoftmax" },
    draws: { type: "string", default: "4" },
    seed: { type: "string", default: "1" },
    epochs: { type: "string", default: "19" },
    samples: { type: "string", default: "20" },
    binarize: { type: "boolean", default: false },
    checkpoint: { type: "string" },
    images: { type: "string", default: MNIST },
  },
});

const train = rowsOf(
  await readImages(`${given.images}/train-images-idx3-ubyte.gz`),
  0,
  TRAINING_ROWS,
);
const grey = await readImages(`${given.images}/t10k-images-idx3-ubyte.gz`);
const test = given.binarize ? binarizeOnce(grey) : grey;

const seed = Number(given.seed), variables = Number(given.variables), epochs = Number(given.epochs);
const falling = { start: 1, end: 0.5, epochs: TEMPERATURE_STEPS / STEPS_PER_EPOCH };
const isHard = given.relaxation === "none";
const vae = VAE.create({
  inputs: train.shape[1],
  encoder: { hidden: [512, 256], activation: "relu" },
  decoder: { hidden: [256, 512], activation: "relu" },
  latent: [{
    type: "categorical",
    variables,
    classes: 10,
    relaxation: given.relaxation as "gumbelSoftmax",
    ...(!isHard && { temperature: falling }),
  }],
  likelihood: { type: "bernoulli" },
}, { seed, initialization: "xavier" });

const drops = Math.floor(epochs * STEPS_PER_EPOCH / RATE_STEPS);
const start = performance.now();
const { history } = await vae.fit(train, {
  epochs,
  batchSize: BATCH,
  binarize: given.binarize,
  objective: isHard ? { type: "reinforce", samples: Number(given.draws) } : { type: "elbo" },
  optimizer: {
    type: "adam",
    learningRate: 9e-4,
    decay: {
      epochs: Array.from(
        { length: drops },
        (_, i) => Math.round((i + 1) * RATE_STEPS / STEPS_PER_EPOCH),
      ),
      factor: 0.9,
    },
  },
  checkpoint: given.checkpoint === undefined ? undefined : folderStore(given.checkpoint),
  onProgress: ({ epoch, elbo, kl, rowsPerSecond }) =>
    note(
      `epoch ${epoch}, step ${epoch * STEPS_PER_EPOCH}: bound ${elbo.toFixed(3)}, ` +
        `KL ${kl.toFixed(2)}, ${Math.round(rowsPerSecond)} rows/s`,
    ),
});
const seconds = (performance.now() - start) / 1000;
const { elbo, elboError, logLikelihood } = await figuresOf(vae, test, {
  samples: Number(given.samples),
});
const boundAt = (epoch: number) => history.at(Math.min(epoch, epochs) - 1)!.elbo;
report(`categorical ${variables} x 10, ${given.relaxation}, seed ${seed}`, {
  "bound of steps 9351 to 9900": boundAt(18),
  "bound of steps 9901 to 10450": boundAt(19),
  "test bound, discrete": elbo,
  "standard error": elboError,
  "test ln p(x)": logLikelihood,
  "training seconds": Math.round(seconds),
});
vae.dispose();
