/** `evaluate --baselines` reports the figures of the baselines called directly, beside the model's own. */
import assert from "node:assert/strict";
import { baselineScores } from "../../src/detection/baselines/mod.ts";
import { readTable } from "../../src/formats/mod.ts";
import { auroc } from "../../src/scoring/metrics.ts";
import { numericSchema } from "../../src/scoring/table/schema.ts";
import { elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";

const DATA = tableCsv(150, { anomalies: 8, label: true });

Deno.test("elbow evaluate --baselines fits to the given table, or to DATA itself", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", DATA), model = folder.at("m.safetensors");
  const normal = folder.write("normal.csv", tableCsv(90));
  await elbowOk("train", data, "--label", "kind", "--out", model, ...QUICK);
  const table = readTable(data, new TextEncoder().encode(DATA), { label: "kind" });
  const other = readTable(normal, Deno.readFileSync(normal));
  const asked = ["evaluate", model, data, "--label", "kind", "--samples", "2"];
  for (const [words, training] of [[[], table], [[data], table], [[normal], other]] as const) {
    const json = JSON.parse(await elbowOk(...asked, "--baselines", ...words, "--json"));
    assert.equal(json.baselines.fittedTo, training.source);
    const expected = [...baselineScores(training, table, numericSchema(table.columns))]
      .map(([name, scores]) => ({ name, auroc: auroc(scores, table.label!) }));
    const got = json.baselines.methods as { name: string; auroc: number }[];
    assert.deepEqual(got.map(({ name, auroc }) => ({ name, auroc })), expected);
  }
  const text = await elbowOk(...asked, "--baselines");
  assert.match(text, /fitted to the 150 rows they are measured on, including anomalies; the/);
  assert.match(
    await elbowOk(...asked, "--baselines", normal),
    /fitted to \S+normal.csv \(90 rows\)/,
  );
  for (const name of [model, "kNN", "ECOD", "Isolation forest"]) {
    assert.match(text, new RegExp(`^${name} +[01]\\.\\d{4}  [01]\\.\\d{4}$`, "m"));
  }
  const unlabelled = folder.write("plain.csv", tableCsv(90));
  assert.match(await refused("evaluate", model, unlabelled, "--baselines"), /needs labels/);
});
