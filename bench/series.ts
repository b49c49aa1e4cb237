/**
 * The detector on labelled series, beside published figures and PCA on the same windows: `deno task bench:series`.
 *
 *   NAB, MSL   nothing is known to be normal; trained and scored on the whole series, as TSB-UAD does
 *   SKAB       the first 400 rows of each file train, the rest is scored
 *
 * All figures are point-wise, without point adjustment: AUROC, average precision, the best F1 that a threshold
 * chosen by the labels would have, and F1 at the detector's own threshold, which knows no label. Means over the
 * series; of SKAB also pooled over the files, as its table has it. `--only nab,skab` and `--limit N` shorten it.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { bestF1, type Counts, countsOf, f1Of } from "./series/f1.ts";
import { pcaScores } from "./series/pca.ts";
import { type LabelledSeries, msl, nab, skab, type Steps } from "./series/data.ts";
import { type Published, publishedMeans } from "./series/published.ts";
import { Detector } from "../src/detection/detector.ts";
import { auroc, averagePrecision } from "../src/scoring/metrics.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data" },
    only: { type: "string", default: "nab,msl,skab" },
    limit: { type: "string", default: "1000" },
    window: { type: "string" },
    seed: { type: "string", default: "0" },
    preset: { type: "string", default: "linear" },
  },
});

/** Steps of a window: 100, and of short training series a twentieth. */
function windowFor(steps: number): number {
  return values.window ? Number(values.window) : Math.min(100, Math.floor(steps / 20));
}

interface Figures {
  readonly auroc: number;
  readonly precision: number;
  readonly best: number;
  /** At the detector's own threshold. */
  readonly own?: Counts;
}

function figuresOf(scores: Float64Array, label: Uint8Array, flags?: Uint8Array): Figures {
  return {
    auroc: auroc(scores, label),
    precision: averagePrecision(scores, label),
    best: bestF1(scores, label),
    ...(flags && { own: countsOf(flags, label) }),
  };
}

async function detect({ training, test, label }: LabelledSeries): Promise<Figures> {
  const matrix = ({ data, rows, columns }: Steps) => ({
    data: data as unknown as Float32Array,
    shape: [rows, columns.length] as const,
  });
  const detector = await Detector.fit(matrix(training), {
    columns: training.columns,
    window: windowFor(training.rows),
    seed: Number(values.seed),
    preset: values.preset as "linear",
  });
  const { scores, pValues } = detector.scoreCells(test);
  const flags = Uint8Array.from(pValues, (p) => Number(detector.isAnomaly(p)));
  detector.dispose();
  return figuresOf(scores, label, flags);
}

const mean = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;

const cells = (numbers: readonly number[]) => numbers.map((each) => each.toFixed(3)).join(" | ");

function row(name: string, figures: readonly Figures[]): string {
  const own = figures.flatMap(({ own }) => own ? [f1Of(own)] : []);
  const means = [
    mean(figures.map((each) => each.auroc)),
    mean(figures.map((each) => each.precision)),
    mean(figures.map((each) => each.best)),
  ];
  return `| ${name} | ${cells(means)} | ${own.length > 0 ? cells([mean(own)]) : ""} |`;
}

async function run(title: string, all: AsyncGenerator<LabelledSeries>, published?: Published) {
  const own: Figures[] = [], pca: Figures[] = [];
  for await (const series of all) {
    if (published && !published.files.has(series.name)) continue;
    if (own.length >= Number(values.limit)) break;
    const { training, test, label } = series;
    own.push(await detect(series));
    pca.push(figuresOf(pcaScores(training, test, windowFor(training.rows)), label));
    const [mine, theirs] = [own, pca].map((list) => list[list.length - 1]);
    console.error(
      `${series.name}: AUROC ${mine.auroc.toFixed(3)}, PCA ${theirs.auroc.toFixed(3)}; AP ${
        mine.precision.toFixed(3)
      }, PCA ${theirs.precision.toFixed(3)}; ${process.cpuUsage().user / 1e6} s`,
    );
  }
  console.log(`\n| ${title}, ${own.length} series | AUROC | AP | best F1 | F1 |`);
  console.log("| --- | ---: | ---: | ---: | ---: |");
  console.log(row("Elbow", own));
  console.log(row("PCA on the same windows", pca));
  for (const [method, figures] of published?.means ?? []) {
    console.log(`| ${method} (published) | ${cells(figures)} | | |`);
  }
  const won = (pick: (each: Figures) => number) =>
    own.filter((each, i) => pick(each) > pick(pca[i])).length;
  console.log(
    `\nBetter than PCA on ${won((each) => each.auroc)} by AUROC, on ${
      won((each) => each.precision)
    } by AP.`,
  );
  console.log(pooled(own));
}

function pooled(figures: readonly Figures[]): string {
  const sum = { hit: 0, miss: 0, alarm: 0, quiet: 0 };
  for (const { own } of figures) {
    for (const key of ["hit", "miss", "alarm", "quiet"] as const) sum[key] += own![key];
  }
  const { hit, miss, alarm, quiet } = sum;
  const percent = (part: number, of: number) => `${(100 * part / of).toFixed(2)} %`;
  return `Pooled, at the detector's own threshold: F1 ${f1Of(sum).toFixed(3)}, false alarms ${
    percent(alarm, alarm + quiet)
  }, missed ${percent(miss, miss + hit)}.`;
}

const folder = (name: string) => `${values.data}/timeseries-${name}`;
const sheet = (name: string) => publishedMeans(`${values.data}/published/tsb_uad_${name}.csv`);
for (const name of values.only.split(",")) {
  if (name === "nab") await run("NAB", nab(folder("nab")), await sheet("nab"));
  if (name === "msl") await run("MSL", msl(folder("msl")), await sheet("msl"));
  if (name === "skab") await run("SKAB", skab(folder("skab")));
}
console.log(`\n${(process.cpuUsage().user / 1e6).toFixed(0)} s of processor time`);
