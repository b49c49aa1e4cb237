/**
 * KDD Cup 99 by the protocol of alibi-detect's example `od_vae_kddcup`: `deno task bench:kdd99`.
 *
 *   train      400,000 normal rows drawn with replacement, standardised by their mean and standard deviation
 *   threshold  the 95 % quantile of the scores of 1,000 rows, 5 % of them attacks
 *   test       1,000 rows, 10 % of them attacks: F1
 *
 * The draws are our own, because NumPy's generator is not available here. One draw of 1,000 rows changes F1 by some
 * hundredths, and the seed of the weights by tenths. So everything is done with `--seeds` seeds, thresholds and tests
 * are drawn `--draws` times for each, and the mean is printed with the smallest and the largest mean of a seed. The VAE
 * is the example's: 18-20-15-7, two latent dimensions, standard deviation 0.01, the KL averaged over the latent
 * dimensions, 30 epochs of batches of 64 by Adam at 0.001, and as score the mean squared error over five draws of z.
 * Its initial weights are Elbow's.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { COLUMNS, type Connections, drawBatch, readConnections } from "./kdd99/data.ts";
import { countsOf, f1Of } from "./series/f1.ts";
import { auroc } from "../src/scoring/metrics.ts";
import { Detector } from "../src/detection/detector.ts";
import type { Cells } from "../src/scoring/table/cells.ts";
import { standardizationOf, standardize } from "../src/scoring/table/standardize.ts";
import { VAE } from "../src/training/vae.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/tabular-kdd99/kddcup.data_10_percent.gz" },
    rows: { type: "string", default: "400000" },
    epochs: { type: "string", default: "30" },
    draws: { type: "string", default: "20" },
    methods: { type: "string", default: "detector,small,vae" },
    seeds: { type: "string", default: "10" },
  },
});

const DRAWS_OF_Z = 5;

interface Fitted {
  readonly score: (cells: Cells) => Float64Array;
  /** Flags at the detector's own threshold. */
  readonly flags?: (cells: Cells) => Uint8Array;
}

async function detector(training: Cells, seed: number, preset?: "small"): Promise<Fitted> {
  const shape = [training.rows, COLUMNS.length] as const;
  const fitted = await Detector.fit({ data: training.data as unknown as Float32Array, shape }, {
    columns: COLUMNS,
    schema: COLUMNS.map((name) => ({ name, kind: "numeric" as const })),
    seed,
    ...(preset && { preset }),
  });
  return {
    score: (cells) => fitted.scoreCells(cells).scores,
    flags: (cells) =>
      Uint8Array.from(fitted.scoreCells(cells).pValues, (p) => Number(fitted.isAnomaly(p))),
  };
}

async function exampleVae(training: Cells, seed: number): Promise<Fitted> {
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
  return {
    score: (cells) => {
      const x = standardize(cells, standardization), scores = new Float64Array(cells.rows);
      for (let draw = 0; draw < DRAWS_OF_Z; draw++) {
        const { data, shape: [, width] } = vae.onHost.squaredResiduals(x, draw);
        data.forEach((square, i) => scores[Math.floor(i / width)] += square);
      }
      return scores;
    },
  };
}

const METHODS: Readonly<Record<string, (training: Cells, seed: number) => Promise<Fitted>>> = {
  detector,
  small: (training, seed) => detector(training, seed, "small"),
  vae: exampleVae,
};

/** NumPy's `percentile`, which interpolates between neighbours. */
function percentile(scores: Float64Array, percent: number): number {
  const sorted = scores.toSorted(), place = percent / 100 * (sorted.length - 1);
  const low = Math.floor(place), high = Math.min(sorted.length - 1, low + 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}

/** Means over the draws: F1 by the protocol, F1 at the detector's own threshold (NaN without one), AUROC. */
function measure(connections: Connections, { score, flags }: Fitted): [number, number, number] {
  const draws = Array.from({ length: Number(values.draws) }, (_, draw) => {
    const known = drawBatch(connections, { rows: 1000, percent: 5, seed: 2 * draw });
    const test = drawBatch(connections, { rows: 1000, percent: 10, seed: 2 * draw + 1 });
    const threshold = percentile(score(known.cells), 95);
    const scores = score(test.cells);
    const flagged = Uint8Array.from(scores, (each) => Number(each > threshold));
    const own = flags ? f1Of(countsOf(flags(test.cells), test.label)) : NaN;
    return [f1Of(countsOf(flagged, test.label)), own, auroc(scores, test.label)];
  });
  return [0, 1, 2].map((i) => mean(draws.map((draw) => draw[i]))) as [number, number, number];
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

function summary(values: readonly number[]): string {
  if (values.includes(NaN)) return "";
  const [least, most] = [Math.min(...values), Math.max(...values)].map((each) => each.toFixed(4));
  return `${mean(values).toFixed(4)} (${least} to ${most})`;
}

const connections = await readConnections(values.data);
console.error(`${connections.normal.rows} normal rows, ${connections.attacks.rows} attacks`);
const seeds = Array.from({ length: Number(values.seeds) }, (_, seed) => seed);
console.log("| method | F1 by the protocol | F1 at its own threshold | AUROC | processor time |");
console.log("| --- | ---: | ---: | ---: | ---: |");
for (const name of values.methods.split(",")) {
  const started = process.cpuUsage().user, measured: [number, number, number][] = [];
  for (const seed of seeds) {
    const draw = { rows: Number(values.rows), percent: 0, seed: 1_000_000 + seed };
    const fitted = await METHODS[name](drawBatch(connections, draw).cells, seed);
    measured.push(measure(connections, fitted));
    console.error(`${name}, seed ${seed}: F1 ${measured.at(-1)![0].toFixed(4)}`);
  }
  const [byProtocol, own, ranks] = [0, 1, 2].map((i) => summary(measured.map((each) => each[i])));
  const seconds = ((process.cpuUsage().user - started) / 1e6).toFixed(0);
  console.log(`| ${name} | ${byProtocol} | ${own} | ${ranks} | ${seconds} s |`);
}
