/**
 * How well a second look separates the rows that were flagged: AUROC, per cent, of anomalies against false alarms,
 * among flagged rows only, by the score, by the regret and by the mean of both ranks. Tables and splits are those of
 * `bench/detection/protocol.ts` (trained on normal rows), means over the seeds that flag at least five rows of each
 * kind. At most 150 of them, evenly spaced, are looked at.
 *
 *     deno task bench:second-look [--tables thyroid,cardio] [--preset small] [--rate 0.05] [--seeds 3]
 *
 * Progress goes to standard error.
 */
import { parseArgs } from "node:util";
import { Detector, type DetectorOptions } from "../src/detection/detector.ts";
import { SecondLook } from "../src/detection/second_look.ts";
import { auroc } from "../src/scoring/metrics.ts";
import { combineRanks } from "../src/training/scores/mod.ts";
import { mean } from "./lib/statistics.ts";
import { readTable, type Split, split, TABLES } from "./detection/protocol.ts";

/** Rows of each kind. */
const LEAST = 5, MOST = 150;

const { values: given } = parseArgs({
  options: {
    tables: { type: "string", default: Object.keys(TABLES).join(",") },
    preset: { type: "string", default: "small" },
    rate: { type: "string", default: "0.05" },
    seeds: { type: "string", default: "3" },
  },
});

const NAMES = ["score", "regret", "both"] as const;
type Figures = Readonly<Record<typeof NAMES[number], number>>;

const lines = ["| table | score | regret | both |", "| --- | ---: | ---: | ---: |"];
const all: Figures[] = [];
for (const table of given.tables.split(",")) {
  const rows = await readTable(table), found: Figures[] = [], started = performance.now();
  for (let seed = 0; seed < Number(given.seeds); seed++) {
    const figures = await figuresOf(split(rows, "semi", seed), seed);
    if (figures) found.push(figures);
  }
  console.error(`${table}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  if (found.length === 0) continue;
  const means = Object.fromEntries(
    NAMES.map((name) => [name, mean(found.map((each) => each[name]))]),
  );
  all.push(means as Figures);
  lines.push(lineOf(table, means as Figures));
}
const total = Object.fromEntries(NAMES.map((name) => [name, mean(all.map((each) => each[name]))]));
console.log([...lines, lineOf("mean", total as Figures)].join("\n"));

function lineOf(title: string, figures: Figures): string {
  return `| ${title} | ${NAMES.map((name) => figures[name].toFixed(1)).join(" | ")} |`;
}

async function figuresOf({ training, test, label, columns }: Split, seed: number) {
  const rowsToFit = { data: training.data, shape: [training.rows, columns] as const };
  const falseAlarmRate = Number(given.rate);
  const preset = given.preset as DetectorOptions["preset"];
  const detector = await Detector.fit(rowsToFit, { seed, preset, falseAlarmRate });
  const { scores, pValues } = detector.scoreCells(test);
  const flagged = [...scores.keys()].filter((r) => detector.isAnomaly(pValues[r]));
  const kinds = [0, 1].map((kind) => flagged.filter((r) => label[r] === kind));
  const rows = kinds.flatMap(thinned), second = new SecondLook(detector);
  const isTaken = new Set(rows), regrets = await second.regrets(test, (r) => isTaken.has(r));
  second.dispose();
  detector.dispose();
  if (kinds.some(({ length }) => length < LEAST)) return undefined;
  const labels = Uint8Array.from(rows, (r) => label[r]);
  const score = Float64Array.from(rows, (r) => scores[r]);
  const regret = Float64Array.from(rows, (r) => regrets[r]);
  const both = combineRanks([score, regret]);
  const figure = (values: Float64Array) => 100 * auroc(values, labels);
  return { score: figure(score), regret: figure(regret), both: figure(both) };
}

/** At most this many, evenly spaced. */
function thinned(rows: readonly number[]): readonly number[] {
  if (rows.length <= MOST) return rows;
  return Array.from({ length: MOST }, (_, i) => rows[Math.floor(i * rows.length / MOST)]);
}
