/**
 * Variants of the VAE beside the plain one with equal budget, one per command: the same images in the same order, the
 * same number of steps, networks and latent size, the same test images and draws. For all, the weight of the ELBO's KL
 * rises over the first quarter of the run, and the logits of digits start from the pixel means.
 *
 *     deno task experiment:variant NAME [--rows 20000] [--epochs 10] [--hidden 200] [--latent 20] [--seed 1] [--samples 200] [--tested 2000] [--save FILE] [--images DIR]
 *
 * NAME is a key of RECIPES. All but the last two train on digits binarised anew at every step and are tested on digits
 * binarised once; the last two use grey values and densities. `--save` writes the model, for the command line and
 * `experiment:pictures`.
 */
import { parseArgs } from "node:util";
import type { ModelSpecInput } from "../../src/models/spec.ts";
import type { ObjectiveInput } from "../../src/objectives/objective.ts";
import { oneHot } from "../../src/trained/rows/labels.ts";
import { VAE } from "../../src/training/vae.ts";
import { note, report } from "./evaluate.ts";
import { binarizeOnce, MNIST, pixelLogits, readImages, readLabels, rowsOf } from "./images.ts";
import { mean } from "../lib/statistics.ts";

const CLASSES = 10;

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: "string", default: "20000" },
    epochs: { type: "string", default: "10" },
    hidden: { type: "string", default: "200" },
    latent: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    samples: { type: "string", default: "200" },
    tested: { type: "string", default: "2000" },
    save: { type: "string" },
    images: { type: "string", default: MNIST },
  },
});

/** How a variant differs from the plain model. */
interface Recipe {
  readonly model?: Partial<ModelSpecInput>;
  readonly objective?: ObjectiveInput;
  /** Its images keep their grey values. */
  readonly isGrey?: boolean;
  /** Pseudo-rows of its prior, initially the first rows. */
  readonly pseudoRows?: number;
}

const size = Number(given.latent);
const hidden = given.hidden.split(",").map(Number);
const upper = { hidden: [100], activation: "tanh" } as const;
const twoLayers = [{ size }, { size: Math.ceil(size / 2), encoder: upper, decoder: upper }];
const flows = (type: "iaf" | "planar", count: number) => ({
  latent: [{ size, flows: Array.from({ length: count }, () => ({ type })) }],
});

const epochs = Number(given.epochs);
/** The ELBO, with a KL weight that rises over the first quarter of the run. */
const elbo = (more: { readonly beta?: number; readonly samples?: number } = {}) =>
  ({ type: "elbo", warmUpEpochs: epochs / 4, ...more }) as const;

const RECIPES: Readonly<Record<string, Recipe>> = {
  plain: {},
  "beta-0.5": { objective: elbo({ beta: 0.5 }) },
  "beta-4": { objective: elbo({ beta: 4 }) },
  iwae: { objective: { type: "iwae", samples: 5 } },
  "iwae-dreg": { objective: { type: "iwae", samples: 5, estimator: "dreg" } },
  "vae-5-draws": { objective: elbo({ samples: 5 }) },
  full: { model: { latent: [{ size, posterior: "full" }] } },
  planar: { model: flows("planar", 8) },
  iaf: { model: flows("iaf", 2) },
  vamp: { model: { prior: { type: "vamp", components: 100 } }, pseudoRows: 100 },
  "two-layers": { model: { latent: twoLayers } },
  "two-layers-iwae": { model: { latent: twoLayers }, objective: { type: "iwae", samples: 5 } },
  ladder: { model: { latent: twoLayers, inference: "ladder" } },
  conditional: { model: { condition: CLASSES } },
  "two-dimensional": { model: { latent: [{ size: 2 }] } },
  gaussian: { model: { likelihood: { type: "gaussian", variance: "shared" } }, isGrey: true },
  "student-t": {
    model: { likelihood: { type: "studentT", degreesOfFreedom: "shared", scale: "shared" } },
    isGrey: true,
  },
};

const [name = ""] = positionals;
const recipe = RECIPES[name];
if (!recipe || positionals.length > 1) {
  throw new RangeError(`Name one variant: ${Object.keys(RECIPES).join(", ")}`);
}

const labelsOf = async (part: string, count: number) =>
  (await readLabels(`${given.images}/${part}-labels-idx1-ubyte.gz`)).subarray(0, count);
const read = async (part: string, count: number) => ({
  x: rowsOf(await readImages(`${given.images}/${part}-images-idx3-ubyte.gz`), 0, count),
  y: oneHot(await labelsOf(part, count), CLASSES),
});
const train = await read("train", Number(given.rows));
const test = await read("t10k", Number(given.tested));
const tested = recipe.isGrey ? test.x : binarizeOnce(test.x);

const vae = VAE.create({
  inputs: train.x.shape[1],
  encoder: { hidden, activation: "tanh" },
  decoder: { hidden: [...hidden].reverse(), activation: "tanh" },
  latent: [{ size }],
  likelihood: { type: "bernoulli" },
  ...recipe.model,
}, { seed: Number(given.seed) });
if (!recipe.isGrey) {
  vae.setParameters(new Map([["decoder.logits.bias", { data: pixelLogits(train.x) }]]));
}
if (recipe.pseudoRows) {
  const { data } = rowsOf(train.x, 0, recipe.pseudoRows);
  vae.setParameters(new Map([["prior.pseudoRows", { data }]]));
}
const conditionOf = ({ y }: typeof train) => vae.spec.condition === 0 ? {} : { condition: y };

const start = performance.now();
const { history } = await vae.fit(train.x, {
  ...conditionOf(train),
  epochs,
  batchSize: 100,
  binarize: !recipe.isGrey,
  objective: recipe.objective ?? elbo(),
  optimizer: { type: "adam", learningRate: 0.002, decay: "cosine" },
  onProgress: ({ epoch, elbo, kl, rowsPerSecond }) =>
    note(
      `epoch ${epoch}: ELBO ${elbo.toFixed(2)}, KL ${kl.toFixed(2)}, ${
        Math.round(rowsPerSecond)
      } rows/s`,
    ),
});
const seconds = (performance.now() - start) / 1000;
const evaluation = await vae.evaluate(tested, {
  samples: Number(given.samples),
  seed: 1,
  ...conditionOf(test),
});
report(`${name}, ${given.rows} images, ${history.length} epochs, seed ${given.seed}`, {
  "test ELBO": mean(evaluation.elbo),
  "test ln p(x)": mean(evaluation.logLikelihood),
  "test KL": mean(evaluation.kl),
  "active units": evaluation.activeUnits,
  "train ELBO": history.at(-1)!.elbo,
  "training seconds": Math.round(seconds),
});
if (given.save !== undefined) await Deno.writeFile(given.save, vae.save());
vae.dispose();
