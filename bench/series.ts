/**
 * The detector on labelled series, beside published figures and PCA on the same windows: `deno task bench:series`.
 *
 *   NAB, MSL   nothing is known to be normal; trained and scored on the whole series, as in TSB-UAD
 *   SKAB       the first 400 rows of each file train, the rest is scored
 *
 * All figures are point-wise, without point adjustment: AUROC, average precision, the best F1 of any threshold (chosen
 * with the labels), and F1 at the detector's own thresholds, which do not know labels, for three false-alarm rates.
 * Means over the series; for SKAB also pooled over the files, as in its table, at the first rate. `--only nab,skab` and
 * `--limit N` shorten the run.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { compare } from "./detection/compare.ts";
import { mean } from "./lib/statistics.ts";
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

/** Steps of a window: 100, or a twentieth of a short training series. */
function windowFor(steps: number): number {
  return values.window ? Number(values.window) : Math.min(100, Math.floor(steps / 20));
}

/** False-alarm rates; the first is the default. */
const RATES = [0.01, 0.05, 0.1];

interface Figures {
  readonly auroc: number;
  readonly precision: number;
  readonly best: number;
}

interface OwnFigures extends Figures {
  /** F1 at the detector's own threshold for each rate. */
  readonly own: readonly Counts[];
}

function figuresOf(scores: Float64Array, label: Uint8Array): Figures {
  return {
    auroc: auroc(scores, label),
    precision: averagePrecision(scores, label),
    best: bestF1(scores, label),
  };
}

async function detect({ training, test, label }: LabelledSeries): Promise<OwnFigures> {
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
  const own = RATES.map((rate) => {
    detector.setFalseAlarmRate(rate);
    return countsOf(Uint8Array.from(pValues, (p) => Number(detector.isAnomaly(p))), label);
  });
  detector.dispose();
  return { ...figuresOf(scores, label), own };
}

const cells = (numbers: readonly number[]) => numbers.map((each) => each.toFixed(3)).join(" | ");

function row(name: string, figures: readonly Figures[], own?: readonly OwnFigures[]): string {
  const means = [
    mean(figures.map((each) => each.auroc)),
    mean(figures.map((each) => each.precision)),
    mean(figures.map((each) => each.best)),
  ];
  const f1 = RATES.map((_, i) => own ? mean(own.map(({ own }) => f1Of(own[i]))).toFixed(3) : "");
  return `| ${name} | ${cells(means)} | ${f1.join(" | ")} |`;
}

async function run(title: string, all: AsyncGenerator<LabelledSeries>, published?: Published) {
  const own: OwnFigures[] = [], pca: Figures[] = [];
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
  console.log(
    `\n| ${title}, ${own.length} series | AUROC | AP | best F1 | F1 at ${RATES.join(" | ")} |`,
  );
  console.log(`| --- ${"| ---: ".repeat(3 + RATES.length)}|`);
  console.log(row("Elbow", own, own));
  console.log(row("PCA on the same windows", pca));
  for (const [method, figures] of published?.means ?? []) {
    console.log(`| ${method} (published) | ${cells(figures)} ${"| ".repeat(2 + RATES.length)}|`);
  }
  console.log(`\n${against("AUROC", (each) => each.auroc, own, pca)}`);
  console.log(against("AP", (each) => each.precision, own, pca));
  const alarms = RATES.map((rate, i) =>
    `${
      percent(mean(own.map(({ own }) => own[i].alarm / (own[i].alarm + own[i].quiet))))
    } at ${rate}`
  );
  console.log(`False alarms, mean of the series: ${alarms.join(", ")}.`);
  console.log(pooled(own));
}

/** In percentage points: wins and losses are by more than a tenth of one. */
function against(
  metric: string,
  pick: (each: Figures) => number,
  own: readonly Figures[],
  pca: readonly Figures[],
): string {
  const [ours, theirs] = [own, pca].map((list) => list.map((each) => 100 * pick(each)));
  const { wins, losses, median, mean, interval: [low, high] } = compare(ours, theirs);
  const [first, second, from, to] = [median, mean, low, high].map((each) => each.toFixed(2));
  return `Against PCA, ${metric}: ${wins} won, ${losses} lost, median ${first}, mean ${second} (95 % ${from} to ${to}).`;
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

function pooled(figures: readonly OwnFigures[]): string {
  const sum = { hit: 0, miss: 0, alarm: 0, quiet: 0 };
  for (const { own } of figures) {
    for (const key of ["hit", "miss", "alarm", "quiet"] as const) sum[key] += own[0][key];
  }
  const { hit, miss, alarm, quiet } = sum;
  return `Pooled, at ${RATES[0]}: F1 ${f1Of(sum).toFixed(3)}, false alarms ${
    percent(alarm / (alarm + quiet))
  }, missed ${percent(miss / (miss + hit))}.`;
}

const folder = (name: string) => `${values.data}/timeseries-${name}`;
const sheet = (name: string) => publishedMeans(`${values.data}/published/tsb_uad_${name}.csv`);
for (const name of values.only.split(",")) {
  if (name === "nab") await run("NAB", nab(folder("nab")), await sheet("nab"));
  if (name === "msl") await run("MSL", msl(folder("msl")), await sheet("msl"));
  if (name === "skab") await run("SKAB", skab(folder("skab")));
}
console.log(`\n${(process.cpuUsage().user / 1e6).toFixed(0)} s of processor time`);
