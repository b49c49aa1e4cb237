/**
 * A model of a series, asked through every door: whole by `elbow score` and the library, step by step by `--online` and
 * `stream()`. Oracle: each other, to the bit. HTTP refuses it.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { createApp } from "../../src/http/mod.ts";
import { cellsOf, elbow, elbowOk, Folder } from "../cli/util.ts";
import { overTheWire } from "../util/over_the_wire.ts";

const COLUMNS = ["price", "mode", "flow"];

/** Amounts, a text and numbers; from step 300 on what training never saw. */
const STEPS = Array.from({ length: 340 }, (_, t) => [
  t === 320 ? "" : `1.${500 + Math.round(200 * Math.sin(t / 7))},${10 + t % 90} €`,
  t === 310 ? "Atlantis" : t % 40 < 30 ? "on" : "off",
  t === 330 ? "NA" : (Math.cos(t / 7) + (t === 315 ? 9 : 0)).toFixed(3),
]);
const TRAINING = STEPS.slice(0, 300), ASKED = STEPS.slice(280);

const csvOf = (rows: readonly (readonly string[])[]) =>
  `${[COLUMNS, ...rows].map((row) => row.join(";")).join("\n")}\n`;
const linesOf = (rows: readonly (readonly string[])[]) =>
  rows.map((row) =>
    `${JSON.stringify(Object.fromEntries(row.map((cell, c) => [COLUMNS[c], cell])))}\n`
  )
    .join("");

interface Verdict {
  readonly score: number;
  readonly pValue: number;
  readonly anomaly: boolean;
  readonly contributions: unknown;
}

const said = ({ score, pValue, anomaly, contributions }: Verdict) =>
  overTheWire({ score, pValue, anomaly, contributions });

Deno.test("a series scores the same through every door, whole and step by step; HTTP says why it does not", async () => {
  using folder = new Folder();
  const path = folder.at("m.safetensors"), data = folder.write("t.csv", csvOf(TRAINING));
  await elbowOk("train", data, "--out", path, "--window", "6", "--seed", "1");
  const detector = await Detector.load(await Deno.readFile(path));
  assert.deepEqual(detector.schema.map(({ kind, format }) => format ?? kind), [
    ...["1.234,50", "binary", "numeric"],
  ]);
  const files = [folder.write("q.csv", csvOf(ASKED)), folder.write("q.jsonl", linesOf(ASKED))];
  const want = (await detector.score(ASKED)).map(said);
  assert.ok(want.some(({ anomaly }) => anomaly) && want.some(({ anomaly }) => !anomaly));
  for (const file of files) {
    const { scores } = JSON.parse(await elbowOk("score", path, file, "--json"));
    assert.deepEqual(scores.map(said), want, file);
  }

  const stream = detector.stream();
  const steps = ASKED.map((row) => {
    const verdict = stream.push(row);
    return verdict ? [verdict.score, verdict.pValue, verdict.anomaly].map(String) : ["", "", ""];
  });
  assert.equal(steps.filter(([score]) => score === "").length, 5);
  for (const file of files) {
    const [, ...lines] = cellsOf(await elbowOk("score", path, file, "--online"));
    assert.deepEqual(lines.map((cells) => cells.slice(1, 4)), steps, file);
  }

  const bad = [...ASKED.slice(0, 8), ["12.50", "on", "1"]];
  const refusal = 'row 9, column "price": expected a number such as 1.234,50, got "12.50"';
  await assert.rejects(detector.score(bad), { message: `Cannot read ${refusal}` });
  assert.throws(() => detector.stream().push(bad[8]), {
    message: `Cannot read ${refusal.replace("9", "1")}`,
  });
  for (const flags of [[], ["--online"]]) {
    const args = ["score", path, folder.write("bad.csv", csvOf(bad)), ...flags];
    const { stderr } = await elbow(args);
    assert.ok(stderr.replace(" (line 10)", "").includes(refusal), stderr);
  }

  const app = createApp({ models: { m: detector } });
  const response = await app.request("/v1/models/m/score", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ rows: ASKED }),
  });
  assert.equal(response.status, 422);
  assert.match((await response.json()).detail, /scores a series: use the library or elbow score$/);
  detector.dispose();
});
