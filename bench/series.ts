/**
 * The detector on labelled series, beside published figures and PCA on the same windows: `deno task bench:series`.
 *
 *   NAB, MSL   nothing is known to be normal; trained and scored on the whole series, as TSB-UAD does
 *   SKAB       the first 400 rows of each file train, the rest is scored; flags by the detector's own
 *              threshold, pooled over the files
 *
 * AUROC and average precision are point-wise, without point adjustment. `--only nab,skab` and `--limit N` shorten it.
 */
import { parseArgs } from "node:util";
import { pcaScores } from "./series/pca.ts";
import { type LabelledSeries, msl, nab, skab, type Steps } from "./series/data.ts";
import { publishedMeans } from "./series/published.ts";
import { Detector } from "../src/detection/detector.ts";
import { auroc, averagePrecision } from "../src/scoring/metrics.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data" },
    only: { type: "string", default: "nab,msl,skab" },
    limit: { type: "string", default: "1000" },
    window: { type: "string" },
    seed: { type: "string", default: "0" },
    preset: { type: "string", default: "ensemble" },
  },
});

/** Steps of a window: 100, and of short training series a twentieth. */
function windowFor(steps: number): number {
  return values.window ? Number(values.window) : Math.min(100, Math.floor(steps / 20));
}

interface Scored {
  readonly scores: Float64Array;
  readonly flags: Uint8Array;
}

async function detect({ training, test }: LabelledSeries): Promise<Scored> {
  const matrix = ({ data, rows, columns }: Steps) => ({
    data: data as unknown as Float32Array,
    shape: [rows, columns.length] as const,
  });
  const detector = await Detector.fit(matrix(training), {
    columns: training.columns,
    window: windowFor(training.rows),
    seed: Number(values.seed),
    preset: values.preset as "ensemble",
  });
  const { scores, pValues } = detector.scoreCells(test);
  const flags = Uint8Array.from(pValues, (p) => Number(detector.isAnomaly(p)));
  detector.dispose();
  return { scores, flags };
}

const mean = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;

async function rankings(title: string, all: AsyncGenerator<LabelledSeries>, sheet: string) {
  const published = await publishedMeans(sheet);
  const rows: { own: number[]; pca: number[] }[] = [];
  for await (const series of all) {
    if (!published.files.has(series.name) || rows.length >= Number(values.limit)) continue;
    const window = windowFor(series.training.rows);
    const pca = pcaScores(series.training, series.test, window);
    const { scores } = await detect(series);
    const figures = (of: Float64Array) => [
      auroc(of, series.label),
      averagePrecision(of, series.label),
    ];
    rows.push({ own: figures(scores), pca: figures(pca) });
    const { own, pca: baseline } = rows[rows.length - 1];
    console.log(
      `${series.name}: AUROC ${own[0].toFixed(3)}, PCA ${baseline[0].toFixed(3)}; AUPR ${
        own[1].toFixed(3)
      }, PCA ${baseline[1].toFixed(3)}`,
    );
  }
  const means = (pick: (row: typeof rows[number]) => number[]) =>
    [0, 1].map((i) => mean(rows.map((row) => pick(row)[i])).toFixed(3));
  console.log(`\n${title}, mean over ${rows.length} series | AUROC | AUPR`);
  console.log(`Elbow | ${means(({ own }) => own).join(" | ")}`);
  console.log(`PCA on the same windows | ${means(({ pca }) => pca).join(" | ")}`);
  for (const [method, figures] of published.means) {
    console.log(`${method}, published | ${figures.map((each) => each.toFixed(3)).join(" | ")}`);
  }
}

async function flagging(all: AsyncGenerator<LabelledSeries>) {
  const count = { hit: 0, miss: 0, alarm: 0, quiet: 0 };
  const own: number[] = [], pca: number[] = [];
  for await (const series of all) {
    if (own.length >= Number(values.limit)) break;
    const { scores, flags } = await detect(series);
    own.push(auroc(scores, series.label));
    const baseline = pcaScores(series.training, series.test, windowFor(series.training.rows));
    pca.push(auroc(baseline, series.label));
    flags.forEach((flag, t) => {
      const kind = series.label[t] ? (flag ? "hit" : "miss") : (flag ? "alarm" : "quiet");
      count[kind]++;
    });
    console.log(`${series.name}: AUROC ${own.at(-1)!.toFixed(3)}, PCA ${pca.at(-1)!.toFixed(3)}`);
  }
  const { hit, miss, alarm, quiet } = count;
  console.log(
    `\nSKAB, ${own.length} files: F1 ${
      (2 * hit / (2 * hit + miss + alarm)).toFixed(3)
    }, false alarms ${(100 * alarm / (alarm + quiet)).toFixed(2)} %, missed ${
      (100 * miss / (miss + hit)).toFixed(2)
    } %; mean AUROC ${mean(own).toFixed(3)}, PCA on the same windows ${mean(pca).toFixed(3)}`,
  );
}

const folder = (name: string) => `${values.data}/timeseries-${name}`;
const sheet = (name: string) => `${values.data}/published/tsb_uad_${name}.csv`;
for (const name of values.only.split(",")) {
  if (name === "nab") await rankings("NAB", nab(folder("nab")), sheet("nab"));
  if (name === "msl") await rankings("MSL", msl(folder("msl")), sheet("msl"));
  if (name === "skab") await flagging(skab(folder("skab")));
}
