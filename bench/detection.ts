/**
 * Anomaly detection on the ADBench tables by the protocol of the DTE paper, beside its published
 * results: AUROC and average precision, percent, means over seeds, one default setting for all tables.
 *
 *     deno task bench:detection [--setting semi|unsup] [--methods detector,knn] [--tables letter,Wilt]
 *                               [--seeds 5] [--out results.json]
 *
 * A table may also be the path of an NPZ file with members X and y. Progress goes to standard error.
 */
import { parseArgs } from "node:util";
import { auroc, averagePrecision } from "../src/scoring/metrics.ts";
import { mean } from "./detection/compare.ts";
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
  },
});
const setting: Setting = given.setting === "unsup" ? "unsup" : "semi";
const methods = given.methods.split(","), tables = given.tables.split(",");
const unknown = methods.find((name) => !(name in METHODS));
if (unknown !== undefined) throw new TypeError(`Cannot run ${unknown}: no such method`);

const results: Figures[] = [];
for (const table of tables) {
  const rows = await readTable(table);
  for (const method of methods) {
    const aurocs: number[] = [], auprs: number[] = [], started = performance.now();
    for (let seed = 0; seed < Number(given.seeds); seed++) {
      const one = split(rows, setting, seed);
      const scores = await METHODS[method](one, seed);
      aurocs.push(100 * auroc(scores, one.label));
      auprs.push(100 * averagePrecision(scores, one.label));
    }
    const seconds = (performance.now() - started) / 1000;
    results.push({ table, method, auroc: aurocs, aupr: auprs, seconds });
    console.error(
      `${table} ${method}: ${mean(aurocs).toFixed(2)} / ${mean(auprs).toFixed(2)} in ${
        seconds.toFixed(1)
      } s`,
    );
  }
}
if (given.out) await Deno.writeTextFile(given.out, JSON.stringify({ setting, results }, null, 1));
console.log(await report(setting, methods, results));
