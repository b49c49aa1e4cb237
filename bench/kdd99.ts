/**
 * KDD Cup 99 by the protocol of alibi-detect's example `od_vae_kddcup`: `deno task bench:kdd99`.
 *
 *   train      400,000 normal rows drawn with replacement, standardised by their mean and standard deviation
 *   threshold  the 95 % quantile of the scores of 1,000 rows, 5 % of them attacks
 *   test       1,000 rows, 10 % of them attacks: F1
 *
 * The rows that train are the example's, and so are those of the first threshold and the first test: NumPy's generator
 * is repeated. One draw of 1,000 rows changes F1 by some hundredths, and the seed of the weights by tenths. So methods
 * are fitted with `--seeds` seeds, and `--draws` thresholds and tests are drawn with NumPy's seeds 0 and 1 (the
 * example's), 2 and 3, and so on. Printed are the means over the seeds, with the least and the largest of a seed. The
 * VAE is the example's: 18-20-15-7, two latent dimensions, standard deviation 0.01, the KL averaged over the latent
 * dimensions, 30 epochs of batches of 64 by Adam at 0.001, and as score the mean squared error over five draws of z.
 * Its initial weights are Elbow's.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { COLUMNS, type Connections, drawRows, readConnections } from "./kdd99/data.ts";
import { countsOf, f1Of } from "./series/f1.ts";
import { auroc } from "../src/scoring/metrics.ts";
import { takeCells } from "../src/scoring/table/take_cells.ts";
import { Detector } from "../src/detection/detector.ts";
import type { Cells } from "../src/scoring/table/cells.ts";
import { standardizationOf, standardize } from "../src/scoring/table/standardize.ts";
import { VAE } from "../src/training/vae.ts";
import { mean } from "./lib/statistics.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/tabular-kdd99/kddcup.data_10_percent.gz" },
    rows: { type: "string", default: "400000" },
    epochs: { type: "string", default: "30" },
    draws: { type: "string", default: "1000" },
    methods: { type: "string", default: "detector,small,vae" },
    seeds: { type: "string", default: "10" },
  },
});

const DRAWS_OF_Z = 5;

interface Scored {
  readonly scores: Float64Array;
  /** Flags at the detector's own threshold. */
  readonly flags?: Uint8Array;
}

/** Trains on the first cells, and scores the second. */
type Method = (training: Cells, cells: Cells, seed: number) => Promise<Scored>;

async function detector(
  training: Cells,
  cells: Cells,
  seed: number,
  preset?: "small",
): Promise<Scored> {
  const shape = [training.rows, COLUMNS.length] as const;
  const fitted = await Detector.fit({ data: training.data as unknown as Float32Array, shape }, {
    columns: COLUMNS,
    schema: COLUMNS.map((name) => ({ name, kind: "numeric" as const })),
    seed,
    ...(preset && { preset }),
  });
  const { scores, pValues } = fitted.scoreCells(cells);
  return { scores, flags: Uint8Array.from(pValues, (p) => Number(fitted.isAnomaly(p))) };
}

async function exampleVae(training: Cells, cells: Cells, seed: number): Promise<Scored> {
  const standardization = standardizationOf(training, COLUMNS.length);
  const vae = VAE.create({
    inputs: COLUMNS.length,
    encoder: { hidden: [20, 15, 7], activation: "relu" },
    decoder: { hidden: [7, 15, 20], activation: "relu" },
    latent: [{ size: 2 }],
    likelihood: { type: "gaussian", variance: 1e-4 },
  }, { seed });
  await vae.fit(standardize(training, standardization), {
    epochs: Number(values.epochs),
    objective: { beta: 0.5 },
    batchSize: 64,
    optimizer: { type: "adam", learningRate: 0.001 },
    seed,
  });
  const x = standardize(cells, standardization), scores = new Float64Array(cells.rows);
  for (let draw = 0; draw < DRAWS_OF_Z; draw++) {
    const { data, shape: [, width] } = vae.onHost.squaredResiduals(x, draw);
    data.forEach((square, i) => scores[Math.floor(i / width)] += square);
  }
  return { scores };
}

const METHODS: Readonly<Record<string, Method>> = {
  detector,
  small: (training, cells, seed) => detector(training, cells, seed, "small"),
  vae: exampleVae,
};

/** NumPy's `percentile`, which interpolates between neighbours. */
function percentile(scores: Float64Array, percent: number): number {
  const sorted = scores.toSorted(), place = percent / 100 * (sorted.length - 1);
  const low = Math.floor(place), high = Math.min(sorted.length - 1, low + 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}

interface Draw {
  readonly known: Uint32Array;
  readonly test: Uint32Array;
  /** 1 for an attack among the rows of the test. */
  readonly label: Uint8Array;
}

function drawOf(connections: Connections, draw: number): Draw {
  const test = drawRows(connections, { rows: 1000, percent: 10, seed: 2 * draw + 1 });
  return {
    known: drawRows(connections, { rows: 1000, percent: 5, seed: 2 * draw }),
    test,
    label: Uint8Array.from(test, (row) => Number(row >= connections.normal.rows)),
  };
}

/** F1 by the protocol, F1 at the detector's own threshold (NaN without one), AUROC. */
function measure({ known, test, label }: Draw, { scores, flags }: Scored): number[] {
  const threshold = percentile(taken(scores, known), 95);
  const flagged = Uint8Array.from(test, (row) => Number(scores[row] > threshold));
  const own = flags ? f1Of(countsOf(Uint8Array.from(test, (row) => flags[row]), label)) : NaN;
  return [f1Of(countsOf(flagged, label)), own, auroc(taken(scores, test), label)];
}

const taken = (scores: Float64Array, rows: Uint32Array) =>
  Float64Array.from(rows, (row) => scores[row]);

function summary(values: readonly number[]): string {
  if (values.includes(NaN)) return "";
  const [least, most] = [Math.min(...values), Math.max(...values)].map((each) => each.toFixed(4));
  return `${mean(values).toFixed(4)} (${least} to ${most})`;
}

const connections = await readConnections(values.data);
console.error(`${connections.normal.rows} normal rows, ${connections.attacks.rows} attacks`);
const { normal, attacks } = connections, rows = normal.rows + attacks.rows;
const all: Cells = { data: new Float64Array(rows * COLUMNS.length), rows };
all.data.set(normal.data);
all.data.set(attacks.data, normal.data.length);
const training = takeCells(
  all,
  COLUMNS.length,
  drawRows(connections, { rows: Number(values.rows), percent: 0, seed: 0 }),
);
const draws = Array.from({ length: Number(values.draws) }, (_, draw) => drawOf(connections, draw));
console.log(
  "| method | F1 by the protocol | F1 on the example's rows | F1 at its own threshold | AUROC | processor time |",
);
console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
for (const name of values.methods.split(",")) {
  const started = process.cpuUsage().user, measured: number[][] = [];
  for (let seed = 0; seed < Number(values.seeds); seed++) {
    const scored = await METHODS[name](training, all, seed);
    const each = draws.map((draw) => measure(draw, scored));
    const [f1, own, ranks] = [0, 1, 2].map((i) => mean(each.map((figures) => figures[i])));
    measured.push([f1, each[0][0], own, ranks]);
    console.error(`${name}, seed ${seed}: F1 ${f1.toFixed(4)}, example's ${each[0][0].toFixed(4)}`);
  }
  const summaries = [0, 1, 2, 3].map((i) => summary(measured.map((each) => each[i])));
  const seconds = ((process.cpuUsage().user - started) / 1e6).toFixed(0);
  console.log(`| ${name} | ${summaries.join(" | ")} | ${seconds} s |`);
}
