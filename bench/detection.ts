/**
 * Anomaly detection on the ADBench tables by the protocol of the DTE paper, beside its published results: AUROC and
 * average precision, per cent, means over seeds, with one default setting for all tables.
 *
 *     deno task bench:detection [--setting semi|unsup] [--methods detector,knn] [--tables letter,Wilt]
 *                               [--seeds 5] [--out results.json] [--from a.json,b.json]
 *
 * `--from` makes the report from results written before. A table may also be the path of an NPZ file with members X and
 * y. Progress goes to standard error.
 */
import { parseArgs } from "node:util";
import { auroc, averagePrecision } from "../src/scoring/metrics.ts";
import { mean } from "./lib/statistics.ts";
import { METHODS } from "./detection/methods.ts";
import { readTable, type Setting, split, TABLES } from "./detection/protocol.ts";
import { type Figures, report } from "./detection/report.ts";

const { values: given } = parseArgs({
  options: {
    setting: { type: "string", default: "semi" },
    methods: { type: "string", default: Object.keys(METHODS).join(",") },
    tables: { type: "string", default: Object.keys(TABLES).join(",") },
    seeds: { type: "string", default: "5" },
    out: { type: "string" },
    from: { type: "string" },
  },
});
const setting: Setting = given.setting === "unsup" ? "unsup" : "semi";
const methods = given.methods.split(","), tables = given.tables.split(",");
const unknown = methods.find((name) => !(name in METHODS));
if (unknown !== undefined) throw new TypeError(`Cannot run ${unknown}: no such method`);

const results: Figures[] = [];
for (const file of given.from?.split(",") ?? []) {
  results.push(...JSON.parse(await Deno.readTextFile(file)).results);
}
for (const table of given.from ? [] : tables) {
  const rows = await readTable(table);
  const own = methods.map((method) => ({
    table,
    method,
    auroc: [] as number[],
    aupr: [] as number[],
    seconds: 0,
  }));
  // Seed by seed, so that methods may share a fit to the same rows.
  for (let seed = 0; seed < Number(given.seeds); seed++) {
    const one = split(rows, setting, seed);
    for (const each of own) {
      const started = performance.now();
      const scores = await METHODS[each.method](one, seed);
      each.seconds += (performance.now() - started) / 1000;
      each.auroc.push(100 * auroc(scores, one.label));
      each.aupr.push(100 * averagePrecision(scores, one.label));
    }
  }
  for (const each of own) {
    const { method, seconds } = each;
    const figures = `${mean(each.auroc).toFixed(2)} / ${mean(each.aupr).toFixed(2)}`;
    console.error(`${table} ${method}: ${figures} in ${seconds.toFixed(1)} s`);
  }
  results.push(...own);
}
if (given.out) await Deno.writeTextFile(given.out, JSON.stringify({ setting, results }, null, 1));
console.log(await report(setting, methods, results));
