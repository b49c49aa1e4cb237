/**
 * A conditional VAE on MNIST beside the plain one, at equal budget: the class of the image, one-hot, is
 * the condition of both networks. Reports the test bounds ELBO(x) and ELBO(x | y), and draws a grid of
 * samples, a line for each class, a column for each z.
 *
 *     deno task experiment:cvae [--rows 20000] [--epochs 10] [--hidden 200] [--latent 20] [--seed 1] [--out docs/pictures/cvae.png] [--images DIR]
 */
import { parseArgs } from "node:util";
import { HostRandom } from "../../src/core/philox.ts";
import { imageGrid, toPng } from "../../src/pictures/mod.ts";
import { oneHot } from "../../src/scoring/labels.ts";
import type { Matrix } from "../../src/scoring/matrix.ts";
import { VAE } from "../../src/training/vae.ts";
import { note, report } from "./evaluate.ts";
import { binarizeOnce, MNIST, readImages, readLabels, rowsOf } from "./images.ts";

const CLASSES = 10, ACROSS = 12;

const { values: given } = parseArgs({
  options: {
    rows: { type: "string", default: "20000" },
    epochs: { type: "string", default: "10" },
    hidden: { type: "string", default: "200" },
    latent: { type: "string", default: "20" },
    samples: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    out: { type: "string", default: "docs/pictures/cvae.png" },
    images: { type: "string", default: MNIST },
  },
});
const seed = Number(given.seed), count = Number(given.rows);
const network = { hidden: given.hidden.split(",").map(Number), activation: "relu" } as const;

const read = async (name: string) => ({
  x: await readImages(`${given.images}/${name}-images-idx3-ubyte.gz`),
  y: oneHot(await readLabels(`${given.images}/${name}-labels-idx1-ubyte.gz`), CLASSES),
});
const all = await read("train"), held = await read("t10k");
const train = { x: rowsOf(all.x, 0, count), y: rowsOf(all.y, 0, count) };
const test = { x: rowsOf(binarizeOnce(held.x), 0, 2000), y: rowsOf(held.y, 0, 2000) };

const plain = await fitted(0);
const conditional = await fitted(CLASSES);
report(`cVAE against VAE, ${count} images, ${given.epochs} epochs`, {
  "ELBO(x)": plain.elbo,
  "ELBO(x | y)": conditional.elbo,
  "gain, nats": conditional.elbo - plain.elbo,
  "ln p(x)": plain.logLikelihood,
  "ln p(x | y)": conditional.logLikelihood,
  "seconds, plain": Math.round(plain.seconds),
  "seconds, conditional": Math.round(conditional.seconds),
});

const y = Array.from({ length: CLASSES * ACROSS }, (_, i) => Math.floor(i / ACROSS));
const z = drawnLatents(ACROSS);
const repeated = y.flatMap((_, i) => z[i % ACROSS]);
const images = await conditional.vae.decode(
  { data: Float32Array.from(repeated), shape: [y.length, repeated.length / y.length] },
  { condition: oneHot(y, CLASSES) },
);
await Deno.mkdir(given.out.replace(/[^/]*$/, "") || ".", { recursive: true });
await Deno.writeFile(given.out, await toPng(imageGrid(images, { across: ACROSS })));
note(`wrote ${given.out}`);
for (const { vae } of [plain, conditional]) vae.dispose();

/** A model trained and evaluated, with the class as its condition or without. */
async function fitted(condition: number) {
  const vae = VAE.create({
    inputs: train.x.shape[1],
    condition,
    encoder: network,
    decoder: network,
    latent: [{ size: Number(given.latent) }],
    likelihood: { type: "bernoulli" },
  }, { seed });
  const withClass = (y: Matrix) => condition === 0 ? {} : { condition: y };
  const start = performance.now();
  await vae.fit(train.x, {
    ...withClass(train.y),
    epochs: Number(given.epochs),
    batchSize: 100,
    binarize: true,
    optimizer: { type: "adam", learningRate: 0.002, decay: "cosine" },
    onProgress: ({ epoch, elbo, rowsPerSecond }) =>
      note(`epoch ${epoch}: ELBO ${elbo.toFixed(2)}, ${Math.round(rowsPerSecond)} rows/s`),
  });
  const seconds = (performance.now() - start) / 1000;
  const options = { samples: Number(given.samples), seed: 1, ...withClass(test.y) };
  const evaluation = await vae.evaluate(test.x, options);
  const mean = (values: Float64Array) => values.reduce((a, b) => a + b) / values.length;
  return {
    vae,
    seconds,
    elbo: mean(evaluation.elbo),
    logLikelihood: mean(evaluation.logLikelihood),
  };
}

/** Draws of the prior, N(0, I): posterior means of rows would be no draws. */
function drawnLatents(count: number): number[][] {
  const random = new HostRandom(seed, 0, 0);
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - random.uniformF64())) *
    Math.cos(2 * Math.PI * random.uniformF64());
  return Array.from(
    { length: count },
    () => Array.from({ length: Number(given.latent) }, normal),
  );
}
