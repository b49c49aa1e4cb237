/** How `elbow score` decides, against the library called directly and the definitions. */
import assert from "node:assert/strict";
import { TableScorer } from "../../mod.ts";
import { readTable } from "../../src/formats/mod.ts";
import { discover } from "../../src/scoring/decisions/false_discovery.ts";
import { Tail } from "../../src/scoring/decisions/tail.ts";
import { cellsOf, elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";

const NORMAL = tableCsv(500), DATA = tableCsv(60, { anomalies: 8, label: true });

async function trained() {
  const folder = new Folder();
  const normal = folder.write("normal.csv", NORMAL), data = folder.write("t.csv", DATA);
  const model = folder.at("m.safetensors");
  await elbowOk("train", normal, "--out", model, ...QUICK);
  const scorer = await TableScorer.load(Deno.readFileSync(model));
  const table = readTable(data, new TextEncoder().encode(DATA), { label: "kind" });
  const { scores, pValues } = scorer.scoreCells(table);
  return {
    data,
    model,
    scorer,
    scores,
    pValues,
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

Deno.test("elbow score --fdr flags the rows that Benjamini-Hochberg flags, and reports the limit on p-values", async () => {
  using run = await trained();
  const { status, stdout, stderr } = await elbow(["score", run.model, run.data, "--fdr", "0.2"]);
  assert.equal(status, 0, stderr);
  const { limit, count } = discover(run.pValues, 0.2);
  assert.ok(count >= 6, `${count} found`);
  const flags = cellsOf(stdout).slice(1).map(([, , p, anomaly]) => [Number(p), anomaly] as const);
  assert.ok(flags.every(([p, anomaly]) => anomaly === String(p <= limit)));
  assert.match(
    stderr,
    new RegExp(`, ${count} rows flagged at a false discovery rate of 0.2: p ≤ `),
  );
  const json = JSON.parse(await elbowOk("score", run.model, run.data, "--fdr", "0.2", "--json"));
  assert.deepEqual([json.fdr, json.limit, json.anomalies], [0.2, limit, count]);
  assert.ok(!("falseAlarmRate" in json) && !("threshold" in json));
});

Deno.test("elbow score --tail allows a rate that the calibration rows cannot guarantee", async () => {
  using run = await trained();
  const rate = ["--false-alarm-rate", "1e-5"];
  assert.match(await refused("score", run.model, run.data, ...rate), /allow no less than 0\.0/);
  const json = JSON.parse(await elbowOk("score", run.model, run.data, ...rate, "--tail", "--json"));
  const tail = new Tail(run.scorer.calibration);
  assert.equal(json.threshold, tail.quantile(1e-5));
  for (const { score, pValue, anomaly } of json.scores) {
    if (score > tail.threshold) assert.equal(pValue, tail.survival(score));
    assert.equal(anomaly, score > json.threshold);
  }
});

Deno.test("elbow score --min-confidence withholds verdicts near the threshold, and no others", async () => {
  using run = await trained();
  const asked = ["--false-alarm-rate", "0.1", "--min-confidence", "0.9"];
  const csv = cellsOf(await elbowOk("score", run.model, run.data, ...asked));
  assert.deepEqual(csv[0], ["row", "score", "p_value", "anomaly", "top_columns", "confidence"]);
  const verdicts = new Set<string>();
  for (const [, score, p, anomaly, , confidence] of csv.slice(1)) {
    verdicts.add(anomaly);
    const sure = Number(confidence) >= 0.9, flagged = Number(p) <= 0.1;
    assert.equal(anomaly, sure ? String(flagged) : "uncertain", `score ${score}`);
  }
  assert.deepEqual([...verdicts].sort(), ["false", "true", "uncertain"]);
});

Deno.test("elbow score warns of verdicts that rest on more than the guarantee", async () => {
  using run = await trained();
  const said = async (...words: string[]) =>
    (await elbow(["score", run.model, run.data, ...words])).stderr;
  const rows = run.scorer.calibrationRows, far = ["--false-alarm-rate", "1e-5", "--tail"];
  const beyond = new RegExp(
    `extrapolated beyond ${rows} calibration rows, without a guarantee, and may be`,
  );
  for (const how of [[], ["--min-confidence", "0.9"]]) {
    const stderr = await said(...far, ...how);
    assert.match(stderr, beyond);
  }
  assert.ok(!/extrapolated/.test(await said("--tail", "--false-alarm-rate", "0.3")));
  assert.match(await said("--fdr", "0.2", "--min-confidence", "0.6"), /may differ from that asked/);
  assert.match(
    await said("--fdr", "0.2", "--min-confidence", "0.9999"),
    /with a confidence above 0/,
  );
  const unsure = ["--false-alarm-rate", "0.01", "--min-confidence", "0.9"];
  assert.match(await said(...unsure), /Cannot keep a confidence of 0.9/);
});

Deno.test("elbow score refuses decision options that contradict each other or are out of range", async () => {
  using run = await trained();
  const score = (...words: string[]) => refused("score", run.model, run.data, ...words);
  assert.match(await score("--fdr", "0.1", "--false-alarm-rate", "0.1"), /cannot be used with/);
  assert.match(await score("--fdr", "1"), /--fdr/);
  assert.match(await score("--min-confidence", "0.2"), /at least 0.5/);
});
