/**
 * The pictures of docs/results.md, from models that other experiments saved. Draws are E[x | z].
 *
 *   samples.png           z ~ p(z)                                             of --binarized
 *   reconstructions.png   test images, each above its reconstruction           of --binarized
 *   classes.png           one line per class                                   of --conditional
 *   manifold.png          z in equal steps of probability                      of --plane
 *   latent.svg            posterior means of test images, by class             of --plane
 *
 *     deno task experiment:pictures [--binarized FILE] [--conditional FILE] [--plane FILE] [--out docs/pictures]
 */
import { parseArgs } from "node:util";
import { imageGrid, latentGrid, pairedRows, scatterChart, toPng } from "../../src/pictures/mod.ts";
import { oneHot } from "../../src/trained/rows/labels.ts";
import type { Matrix } from "../../src/trained/rows/matrix.ts";
import { TrainedVae } from "../../src/trained/trained_vae.ts";
import { note } from "./evaluate.ts";
import { binarizeOnce, MNIST, readBinarized, readImages, readLabels, rowsOf } from "./images.ts";

const CLASSES = 10, ACROSS = 20, SIDE = 16, SCATTERED = 1000;

const { values: given } = parseArgs({
  options: {
    binarized: { type: "string" },
    conditional: { type: "string" },
    plane: { type: "string" },
    out: { type: "string", default: "docs/pictures" },
  },
});

await Deno.mkdir(given.out, { recursive: true });
if (given.binarized !== undefined) await withModel(given.binarized, drawBinarized);
if (given.conditional !== undefined) await withModel(given.conditional, drawClasses);
if (given.plane !== undefined) await withModel(given.plane, drawPlane);

async function drawBinarized(vae: TrainedVae): Promise<void> {
  await writeGrid("samples.png", await vae.sample(8 * ACROSS, { seed: 1, mean: true }));
  const test = everyNth(await readBinarized("test"), 3 * ACROSS);
  await writeGrid("reconstructions.png", pairedRows(test, await vae.reconstruct(test), ACROSS));
}

async function drawClasses(vae: TrainedVae): Promise<void> {
  const classes = Array.from({ length: CLASSES * ACROSS }, (_, i) => Math.floor(i / ACROSS));
  const condition = oneHot(classes, CLASSES);
  await writeGrid(
    "classes.png",
    await vae.sample(classes.length, { seed: 1, mean: true, condition }),
  );
}

async function drawPlane(vae: TrainedVae): Promise<void> {
  await writeGrid("manifold.png", await vae.decode(latentGrid(SIDE)), SIDE);
  const grey = await readImages(`${MNIST}/t10k-images-idx3-ubyte.gz`);
  const { data } = (await vae.encode(rowsOf(binarizeOnce(grey), 0, SCATTERED))).mean;
  const labels = (await readLabels(`${MNIST}/t10k-labels-idx1-ubyte.gz`)).subarray(0, SCATTERED);
  const series = Array.from({ length: CLASSES }, (_, c) => {
    const rows = [...labels.keys()].filter((r) => labels[r] === c);
    return { name: `${c}`, x: rows.map((r) => data[2 * r]), y: rows.map((r) => data[2 * r + 1]) };
  });
  const text = {
    title: "Posterior means of test digits",
    xLabel: "dimension 0",
    yLabel: "dimension 1",
  };
  await Deno.writeTextFile(`${given.out}/latent.svg`, scatterChart(series, text));
  note(`wrote ${given.out}/latent.svg`);
}

/** That many rows, evenly spaced, because the file has its digits in order. */
function everyNth(rows: Matrix, count: number): Matrix {
  const [all, columns] = rows.shape, data = new Float32Array(count * columns);
  for (let i = 0; i < count; i++) {
    const at = Math.floor(i * all / count);
    data.set(rowsOf(rows, at, at + 1).data, i * columns);
  }
  return { data, shape: [count, columns] };
}

async function withModel(path: string, use: (vae: TrainedVae) => Promise<void>): Promise<void> {
  const vae = await TrainedVae.load(await Deno.readFile(path));
  await use(vae);
  vae.dispose();
}

async function writeGrid(name: string, images: Matrix, across = ACROSS): Promise<void> {
  await Deno.writeFile(`${given.out}/${name}`, await toPng(imageGrid(images, { across })));
  note(`wrote ${given.out}/${name}`);
}
