/**
 * The cost of missing cells: AUROC, per cent, of the default detector if a share of all cells, completely at random, is
 * missing in training and in scoring. Tables and splits are those of `bench/detection/protocol.ts` (trained on normal
 * rows), means over seeds.
 *
 *     deno task bench:missing [--tables thyroid,cardio,vowels] [--shares 0,0.1,0.2,0.3,0.4,0.5] [--seeds 3]
 *
 * Progress goes to standard error.
 */
import { parseArgs } from "node:util";
import { HostRandom } from "../src/core/random/philox.ts";
import { auroc } from "../src/scoring/metrics.ts";
import type { Cells } from "../src/scoring/table/cells.ts";
import { mean } from "./lib/statistics.ts";
import { METHODS } from "./detection/methods.ts";
import { readTable, type Split, split } from "./detection/protocol.ts";

/** Philox stream of the missing cells, which nothing else uses. */
const STREAM = 901;

const { values: given } = parseArgs({
  options: {
    tables: { type: "string", default: "thyroid,cardio,vowels" },
    shares: { type: "string", default: "0,0.1,0.2,0.3,0.4,0.5" },
    seeds: { type: "string", default: "3" },
  },
});
const tables = given.tables.split(","), shares = given.shares.split(",").map(Number);

const lines = [`| missing | ${tables.join(" | ")} |`, `| ---: |${" ---: |".repeat(tables.length)}`];
const figures = new Map(shares.map((share) => [share, [] as string[]]));
for (const table of tables) {
  const rows = await readTable(table);
  for (const share of shares) {
    const started = performance.now(), found: number[] = [];
    for (let seed = 0; seed < Number(given.seeds); seed++) {
      found.push(await aurocAt(share, split(rows, "semi", seed), seed));
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    figures.get(share)!.push(mean(found).toFixed(2));
    console.error(
      `${table}, ${100 * share} %: ${found.map((each) => each.toFixed(2))} in ${seconds} s`,
    );
  }
}
for (const [share, row] of figures) {
  lines.push(`| ${Math.round(100 * share)} % | ${row.join(" | ")} |`);
}
console.log(lines.join("\n"));

async function aurocAt(share: number, whole: Split, seed: number): Promise<number> {
  const training = without(whole.training, share, seed, 0);
  const test = without(whole.test, share, seed, 1);
  return 100 * auroc(await METHODS.detector({ ...whole, training, test }, seed), whole.label);
}

/** Removes each cell independently. */
function without({ data, rows }: Cells, share: number, seed: number, part: number): Cells {
  const random = new HostRandom(seed, part, STREAM);
  return { data: data.map((cell) => random.uniformF64() < share ? NaN : cell), rows };
}
