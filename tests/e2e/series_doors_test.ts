/**
 * A model of a series, asked through every door: whole by `elbow score` and the library, step by step by `--online` and
 * `stream()`, and over HTTP. Oracle: each other, to the bit.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { csvRows } from "../../src/http/csv_rows.ts";
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

Deno.test("a series scores the same through every door, whole and step by step", async () => {
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

  const app = createApp({ models: { m: detector }, csvRows });
  const post = async (type: string, body: string, query = "") => {
    const headers = { "content-type": type };
    const response = await app.request(`/v1/models/m/score${query}`, {
      method: "POST",
      headers,
      body,
    });
    return { status: response.status, text: await response.text() };
  };
  const objects = ASKED.map((row) => Object.fromEntries(row.map((cell, c) => [COLUMNS[c], cell])));
  const bodies = [
    ["application/json", JSON.stringify({ rows: ASKED })],
    ["application/json", JSON.stringify({ rows: objects })],
    ["text/csv", csvOf(ASKED)],
  ];
  for (const [type, body] of bodies) {
    const { status, text } = await post(type, body);
    assert.equal(status, 200, text);
    assert.deepEqual(JSON.parse(text).rows, want, body.slice(0, 40));
  }
  const refusedRow = await post("application/json", JSON.stringify({ rows: bad }));
  assert.equal(refusedRow.status, 422);
  assert.match(JSON.parse(refusedRow.text).detail, /row 9, column "price"/);
  const short = await post("application/json", JSON.stringify({ rows: ASKED.slice(0, 5) }));
  assert.match(JSON.parse(short.text).detail, /at least the 6 steps of a window, got 5/);

  // A refused line is no step.
  const lines =
    (await post("application/x-ndjson", linesOf([...ASKED.slice(0, 9), bad[8], ...ASKED.slice(9)])))
      .text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.match(lines[9].detail, /row 10, column "price": expected a number such as/);
  assert.match(lines[4].detail, /Cannot score row 5: a window needs 6 steps/);
  const verdicts = lines.toSpliced(9, 1).map(({ score, pValue, anomaly }) =>
    score === undefined ? ["", "", ""] : [score, pValue, anomaly].map(String)
  );
  assert.deepEqual(verdicts, steps);
  detector.dispose();
});

Deno.test("HTTP scores long series in parts, and each of those that empty rows part, as the library does", async () => {
  const rows = Array.from({ length: 3000 }, (_, t) => {
    const isEmpty = (t >= 700 && t < 720) || (t >= 725 && t < 740) || t === 1500;
    return [Math.sin(t / 9), Math.cos(t / 9) + (t === 2047 ? 3 : 0)].map((x) => isEmpty ? NaN : x);
  });
  const data = rows.slice(740, 1500);
  const detector = await Detector.fit(data, { window: 12, columns: ["a", "b"] });
  const app = createApp({ models: { m: detector }, csvRows });
  const want = await detector.score(rows);
  const post = async (path: string, type: string, body: BodyInit) => {
    const headers = { "content-type": type };
    return await app.request(path, { method: "POST", headers, body });
  };
  const json = await post("/v1/models/m/score", "application/json", JSON.stringify({ rows }));
  assert.deepEqual((await json.json()).rows, want.map(said));
  const fdr = JSON.stringify({ rows: rows.slice(740), fdr: 0.1 });
  assert.equal((await (await post("/v1/models/m/score", "application/json", fdr)).json()).fdr, 0.1);

  const whole = rows.slice(740, 1500),
    scored = await detector.score(whole.map((row) => row.map(Math.fround)));
  const floats = await post(
    "/v1/models/m/score",
    "application/octet-stream",
    new Uint8Array(Float32Array.from(whole.flat()).buffer),
  );
  assert.deepEqual((await floats.json()).rows, scored.map(said));
  const tensor = { name: "x", shape: [whole.length, 2], datatype: "FP64", data: whole.flat() };
  const inferred = await post(
    "/v2/models/m/infer",
    "application/json",
    JSON.stringify({ inputs: [tensor] }),
  );
  const { outputs } = await inferred.json();
  assert.deepEqual(outputs.map(({ name }: { name: string }) => name), [
    "score",
    "p_value",
    "anomaly",
    "contributions",
  ]);
  assert.deepEqual(outputs[0].data, (await detector.score(whole)).map(({ score }) => score));

  const second = JSON.stringify({ rows: whole, secondLook: true });
  assert.match(
    (await (await post("/v1/models/m/score", "application/json", second)).json()).detail,
    /second look at the steps/,
  );
  detector.dispose();
});

Deno.test("rows that name their machine are told apart over HTTP as by the commands, in a request and in a stream", async () => {
  using folder = new Folder();
  const level = (
    t: number,
    m: number,
  ) => [Math.sin(t / 9) + m, Math.cos(t / 9) + (t === 61 ? 4 : 0)];
  const steps = (from: number, to: number, names: readonly (string | number)[]) =>
    Array.from({ length: to - from }, (_, t) =>
      names.map((unit, m) => {
        const [a, b] = level(from + t, m);
        return { unit, a, b };
      })).flat();
  const csv = (rows: readonly Record<string, unknown>[]) =>
    ["unit,a,b", ...rows.map(({ unit, a, b }) => `${unit},${a},${b}`), ""].join("\n");
  const path = folder.at("m"), train = folder.write("t.csv", csv(steps(100, 400, ["x", "y"])));
  await elbowOk("train", train, "--out", path, "--window", "6", "--by", "unit");
  const detector = await Detector.load(Deno.readFileSync(path));
  const app = createApp({ models: { m: detector } });
  const post = async (type: string, body: string) => {
    const headers = { "content-type": type };
    return await (await app.request("/v1/models/m/score", { method: "POST", headers, body }))
      .text();
  };
  // "new" has not trained, and the number 7 is the name "7".
  const asked = [...steps(0, 40, ["x", 7]), ...steps(40, 80, ["new", "x"])];
  const file = folder.write("q.csv", csv(asked));
  const { scores } = JSON.parse(await elbowOk("score", path, file, "--json"));
  const { rows } = JSON.parse(await post("application/json", JSON.stringify({ rows: asked })));
  assert.ok(scores.some(({ anomaly }: Verdict) => anomaly));
  assert.deepEqual(rows, scores.map(said));

  const [, ...online] = cellsOf(await elbowOk("score", path, file, "--online"));
  const text = asked.map((row) => `${JSON.stringify(row)}\n`).join("");
  const lines = (await post("application/x-ndjson", text)).trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)).map(({ score, pValue, anomaly }) =>
      score === undefined ? ["", "", ""] : [score, pValue, anomaly].map(String)
    ),
    online.map((cells) => cells.slice(1, 4)),
  );

  const detail = async (rows: unknown[]) =>
    JSON.parse(await post("application/json", JSON.stringify({ rows }))).detail;
  assert.match(
    await detail(asked.with(3, { ...asked[3], unit: " " })),
    /row 4, column "unit": expected the name of the series/,
  );
  assert.match(
    await detail([...asked, { a: 1, b: 2 }]),
    /row 161, column "unit": expected the name/,
  );
  assert.match(
    await detail([...asked, ...steps(0, 5, ["z"])]),
    /series "z": expected at least the 6 steps of a window, got 5/,
  );
  const without = asked.map(({ a, b }) => ({ a, b }));
  const one = JSON.parse(await post("application/json", JSON.stringify({ rows: without })));
  assert.deepEqual(one.rows, (await detector.score(without.map(({ a, b }) => [a, b]))).map(said));
  detector.dispose();
});

Deno.test("a body of CSV that says which series its rows are of, or when, is refused: HTTP takes one that goes on", async () => {
  const rows = Array.from({ length: 200 }, (_, t) => [Math.sin(t / 9), Math.cos(t / 9)]);
  const detector = await Detector.fit(rows, {
    window: 6,
    columns: ["a", "b"],
    by: { column: "unit", values: rows.map((_, t) => t % 2) },
    clock: {
      column: { name: "at", kind: "timestamp" },
      seconds: rows.map((_, t) => 60 * (t >> 1)),
    },
  });
  const app = createApp({ models: { m: detector }, csvRows });
  const answer = async (header: string, cells: (t: number) => string) => {
    const body = [header, ...rows.slice(0, 9).map((row, t) => `${row.join(",")}${cells(t)}`), ""]
      .join("\n");
    const headers = { "content-type": "text/csv" };
    return await (await app.request("/v1/models/m/score", { method: "POST", headers, body }))
      .json();
  };
  assert.match(
    (await answer("a,b,unit", (t) => `,${t % 2}`)).detail,
    /Cannot read column "unit": the rows of a request are the steps of one series/,
  );
  assert.match((await answer("a,b,at", (t) => `,${t}`)).detail, /Cannot read column "at"/);
  assert.equal((await answer("a,b,other", (t) => `,${t}`)).rows.length, 9);
  detector.dispose();
});
