/**
 * "Semi-supervised learning with deep generative models" (Kingma, Rezende, Mohamed and Welling, 2014) on MNIST with few
 * labels: the error of q(y | x) on the 10,000 test images.
 *
 *   M2      the pixels, binarised anew at every step, with a model that has a class
 *   M1+M2   the posterior means of a plain VAE (M1) of the same images, standardised, with M2 and a
 *           Gaussian likelihood: two calls of `fit`
 *
 * `--beta` weights the KL of z. Above 1, z encodes less and the class more; with few labels and few steps, this is what
 * makes the model use the class.
 *
 * There are equally many labelled images of each class, chosen by the seed; images without a label are the first of the
 * training set.
 *
 *     deno task experiment:m2 [--m1 50] [--labels 100] [--unlabelled 50000] [--epochs 6] [--hidden 200] [--latent 10] [--alpha 10] [--beta 4] [--share 0.2] [--rate 0.002] [--seed 1] [--images DIR]
 */
import { parseArgs } from "node:util";
import { permutation } from "../../src/core/random/permutation.ts";
import type { Matrix } from "../../src/trained/rows/matrix.ts";
import type { FitOptions } from "../../src/training/options.ts";
import { VAE } from "../../src/training/vae.ts";
import { note, report } from "./evaluate.ts";
import { MNIST, readImages, readLabels, rowsOf } from "./images.ts";

const CLASSES = 10;

const { values: given } = parseArgs({
  options: {
    m1: { type: "string", default: "0" },
    "m1-epochs": { type: "string", default: "10" },
    labels: { type: "string", default: "100" },
    unlabelled: { type: "string", default: "50000" },
    epochs: { type: "string", default: "6" },
    hidden: { type: "string", default: "200" },
    latent: { type: "string", default: "10" },
    alpha: { type: "string", default: "10" },
    beta: { type: "string", default: "4" },
    share: { type: "string", default: "0.2" },
    batch: { type: "string", default: "100" },
    rate: { type: "string", default: "0.002" },
    seed: { type: "string", default: "1" },
    images: { type: "string", default: MNIST },
  },
});
const seed = Number(given.seed), features = Number(given.m1);
const network = { hidden: given.hidden.split(",").map(Number), activation: "relu" } as const;
const shared: FitOptions = {
  batchSize: Number(given.batch),
  optimizer: { type: "adam", learningRate: Number(given.rate), decay: "cosine" },
};

const images = await readImages(`${given.images}/train-images-idx3-ubyte.gz`);
const classes = await readLabels(`${given.images}/train-labels-idx1-ubyte.gz`);
const test = await readImages(`${given.images}/t10k-images-idx3-ubyte.gz`);
const truth = await readLabels(`${given.images}/t10k-labels-idx1-ubyte.gz`);

const chosen = chooseLabelled(Number(given.labels) / CLASSES);
const rows = Number(given.unlabelled);
const order = [...chosen, ...Array.from({ length: rows }, (_, i) => i)];
const train = take(images, order);
const labels = order.map((row, i) => i < chosen.length ? classes[row] : -1);

const start = performance.now();
const seen = features > 0 ? await throughM1() : { train, test };
const vae = VAE.create({
  inputs: seen.train.shape[1],
  condition: CLASSES,
  classifier: network,
  encoder: network,
  decoder: network,
  latent: [{ size: Number(given.latent) }],
  likelihood: features > 0 ? { type: "gaussian", variance: "perFeature" } : { type: "bernoulli" },
}, { seed });
const { history } = await vae.fit(seen.train, {
  ...shared,
  labels,
  labelledShare: Number(given.share),
  binarize: features === 0,
  epochs: Number(given.epochs),
  objective: { type: "semiSupervised", alpha: Number(given.alpha), beta: Number(given.beta) },
  onProgress: async ({ epoch, epochs, loss, kl, rowsPerSecond }) => {
    const error = await errorOf(vae, seen.test);
    note(
      `epoch ${epoch} of ${epochs}: loss ${loss.toFixed(2)}, KL ${kl.toFixed(2)}, ` +
        `${Math.round(rowsPerSecond)} rows/s, test error ${(100 * error).toFixed(2)} %`,
    );
  },
});
report(`${features > 0 ? "M1+M2" : "M2"}, ${chosen.length} labels, seed ${seed}`, {
  "test error %": 100 * await errorOf(vae, seen.test),
  loss: history.at(-1)!.loss,
  epochs: history.length,
  "images without a label": rows,
  seconds: Math.round((performance.now() - start) / 1000),
});
vae.dispose();

/** Posterior means of a plain VAE for all images, each column standardised to mean 0 and variance 1. */
async function throughM1(): Promise<{ train: Matrix; test: Matrix }> {
  const plain = VAE.create({
    inputs: images.shape[1],
    encoder: network,
    decoder: network,
    latent: [{ size: features }],
    likelihood: { type: "bernoulli" },
  }, { seed });
  await plain.fit(train, {
    ...shared,
    epochs: Number(given["m1-epochs"]),
    binarize: true,
    onProgress: ({ epoch, elbo, activeUnits, rowsPerSecond }) =>
      note(
        `M1 epoch ${epoch}: ELBO ${elbo.toFixed(2)}, ${activeUnits} active, ` +
          `${Math.round(rowsPerSecond)} rows/s`,
      ),
  });
  const of = (await plain.encode(train)).mean, others = (await plain.encode(test)).mean;
  plain.dispose();
  const scales = Array.from({ length: features }, (_, l) => moments(of, l));
  const standard = ({ data, shape }: Matrix): Matrix => ({
    data: data.map((value, i) => {
      const { mean, deviation } = scales[i % features];
      return (value - mean) / deviation;
    }),
    shape,
  });
  return { train: standard(of), test: standard(others) };
}

/** Standardises one column; a column without information stays small. */
function moments({ data, shape: [count, columns] }: Matrix, column: number) {
  let sum = 0, squares = 0;
  for (let i = column; i < data.length; i += columns) {
    sum += data[i];
    squares += data[i] ** 2;
  }
  const mean = sum / count;
  return { mean, deviation: Math.max(0.1, Math.sqrt(squares / count - mean ** 2)) };
}

/** The first images of each class, in an order determined by the seed. */
function chooseLabelled(perClass: number): number[] {
  const order = [...permutation(classes.length, seed, 0, 0)];
  return Array.from({ length: CLASSES }, (_, c) => c).flatMap((c) =>
    order.filter((row) => classes[row] === c).slice(0, perClass)
  );
}

function take(from: Matrix, rows: readonly number[]): Matrix {
  const columns = from.shape[1], data = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => data.set(rowsOf(from, row, row + 1).data, i * columns));
  return { data, shape: [rows.length, columns] };
}

async function errorOf(model: VAE, x: Matrix): Promise<number> {
  const { data } = await model.classify(x);
  let wrong = 0;
  truth.forEach((y, r) => {
    const of = data.subarray(r * CLASSES, (r + 1) * CLASSES);
    if (of.indexOf(Math.max(...of)) !== y) wrong++;
  });
  return wrong / truth.length;
}
