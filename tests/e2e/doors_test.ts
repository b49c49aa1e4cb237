/**
 * One detector through every interface: `elbow score` on CSV and JSON lines, the library, HTTP with each kind of body,
 * and scoring jobs. Oracles: each other, to the bit; and the meaning of the file's texts, as numbers and null in JSON.
 */
import assert from "node:assert/strict";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import { Detector } from "../../mod.ts";
import { type App, createApp } from "../../src/http/mod.ts";
import { readRows } from "../../src/detection/files.ts";
import { csvRows } from "../../src/http/csv_rows.ts";
import { secondLook } from "../../src/http/second_look.ts";
import { elbow, elbowOk, Folder } from "../cli/util.ts";
import { jobsApp, TOKEN } from "../jobs/app.ts";
import { overTheWire } from "../util/over_the_wire.ts";

const COLUMNS = ["when", "price", "share", "city", "count", "temp"];
const CITIES = ["Berlin", "Köln", "Paris"];

const two = (value: number) => `${value}`.padStart(2, "0");
const TRAINING = Array.from({ length: 160 }, (_, r) => [
  `${two(1 + r % 28)}.${two(1 + r % 12)}.2024 ${two(r * 5 % 24)}:${two(r % 60)}`,
  `${1 + r % 3}.${100 + r * 7 % 800},${two(r * 13 % 100)} €`,
  r % 9 === 0 ? "" : `${5 + r * 3 % 20},${r % 10} %`,
  CITIES[r % 3],
  `${r * r % 7}`,
  r % 11 === 0 ? "n/a" : (20 + 3 * Math.sin(r)).toFixed(2),
]);

type Cell = string | number | null;

/** Rows as in their file, and what their cells mean. */
const ASKED: readonly (readonly [texts: readonly string[], cells: readonly Cell[]])[] = [
  [
    ["31.12.2024 23:59", "1.234,50 €", "12,5 %", "Berlin", "3", "21.5"],
    ["2024-12-31T23:59:00Z", 1234.5, 12.5, "Berlin", 3, 21.5],
  ],
  [
    ["2024-03-09T10:14:33+01:00", "EUR 1'234,50", "8%", " Köln ", "1e0", "+21.5"],
    [1709975673, 1234.5, 8, "Köln", 1, 21.5],
  ],
  [["-", "NA", "?", "", "null", "nan"], [null, null, null, null, null, null]],
  [
    ["01.02.2031", "99.999.999,00 €", "-40 %", "Atlantis", "-3", "-273.15"],
    ["2031-02-01", 99999999, -40, "Atlantis", -3, -273.15],
  ],
  [
    ["1.6.2024 2:05 PM", "(3,20)", "", "Paris", "2.5", "20"],
    ["2024-06-01 14:05", -3.2, null, "Paris", 2.5, 20],
  ],
  [
    ["1717200000", "1.500,00 €", "10 %", "12", "1e140", "1e-300"],
    [1717200000, 1500, 10, 12, 1e140, 1e-300],
  ],
  // Milliseconds.
  [
    ["1717200000000", "1.500,00 €", "10 %", "Paris", "1", "20"],
    [1717200000000, 1500, 10, "Paris", 1, 20],
  ],
];
const TEXTS = ASKED.map(([texts]) => texts), CELLS = ASKED.map(([, cells]) => cells);

const csvOf = (rows: readonly (readonly string[])[]) =>
  `${[COLUMNS, ...rows].map((row) => row.join(";")).join("\n")}\n`;
const named = (row: readonly Cell[]) =>
  Object.fromEntries(COLUMNS.map((name, c) => [name, row[c]]));
const linesOf = (rows: readonly unknown[]) =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** What every interface says about a row; the command line adds the row's number and its top columns. */
interface Verdict {
  readonly score: number;
  readonly pValue: number;
  readonly anomaly: boolean;
  readonly contributions: Readonly<Record<string, number>>;
  readonly blamed?: readonly unknown[];
  readonly topColumns?: readonly string[];
  readonly regret?: number;
}

const said = ({ score, pValue, anomaly, contributions }: Verdict) =>
  overTheWire({ score, pValue, anomaly, contributions });

async function trained(folder: Folder, ...more: string[]): Promise<string> {
  const data = folder.write("t.csv", csvOf(TRAINING)), path = folder.at("m.safetensors");
  await elbowOk("train", data, "--out", path, "--epochs", "5", "--seed", "1", ...more);
  return path;
}

async function ask(app: App, type: string, body: BodyInit, query = ""): Promise<Response> {
  const headers = { "content-type": type };
  return await app.request(`/v1/models/m/score${query}`, { method: "POST", headers, body });
}

const askRows = (app: App, rows: readonly unknown[], options = {}) =>
  ask(app, "application/json", JSON.stringify({ rows, ...options }));

/** The answers of each interface to the same rows. */
async function doors(
  path: string,
  folder: Folder,
  app: App,
  detector: Detector,
  { texts, cells }: { readonly texts: readonly string[][]; readonly cells: readonly Cell[][] },
): Promise<Record<string, readonly Verdict[]>> {
  const byCommand = async (name: string, content: string | Uint8Array) =>
    JSON.parse(await elbowOk("score", path, folder.write(name, content), "--json")).scores;
  const byHttp = async (response: Response) => {
    assert.equal(response.status, 200, await response.clone().text());
    return (await response.json()).rows;
  };
  const byLines = async (rows: readonly unknown[]) =>
    (await (await ask(app, "application/x-ndjson", linesOf(rows))).text()).trimEnd().split("\n")
      .map((line) => JSON.parse(line));
  const windows = Uint8Array.from(
    csvOf(texts),
    (char) => char === "€" ? 0x80 : char.charCodeAt(0),
  );
  const byFile = async (name: string, content: BlobPart) =>
    await detector.explain(await readRows(new File([content], name), detector));
  return {
    "CSV": await byCommand("a.csv", csvOf(texts)),
    "CSV in Windows-1252": await byCommand("b.csv", windows),
    "JSON lines of texts": await byCommand("c.jsonl", linesOf(texts.map(named))),
    "JSON lines of values": await byCommand("d.jsonl", linesOf(cells.map(named))),
    "library, texts": await detector.score(texts),
    "library, values by name": await detector.score(cells.map(named)),
    "library, a file of CSV": await byFile("a.csv", csvOf(texts)),
    "library, a file of CSV in Windows-1252": await byFile("a.csv", windows),
    "library, a file of JSON lines": await byFile("a.jsonl", linesOf(cells.map(named))),
    "HTTP, texts": await byHttp(await askRows(app, texts)),
    "HTTP, values": await byHttp(await askRows(app, cells)),
    "HTTP, texts by name": await byHttp(await askRows(app, texts.map(named))),
    "HTTP, row by row": (await Promise.all(
      texts.map(async (row) => await byHttp(await askRows(app, [row]))),
    )).flat(),
    "HTTP, CSV": await byHttp(await ask(app, "text/csv", csvOf(texts))),
    "HTTP, CSV in Windows-1252": await byHttp(await ask(app, "text/csv", windows)),
    "HTTP lines of texts": await byLines(texts),
    "HTTP lines of values by name": await byLines(cells.map(named)),
  };
}

for (const preset of ["small", "ensemble"]) {
  Deno.test(`dates, amounts, missing cells and unknown levels score the same through every interface: ${preset}`, async () => {
    using folder = new Folder();
    const path = await trained(folder, "--preset", preset);
    const detector = await Detector.load(await Deno.readFile(path));
    assert.deepEqual(detector.schema.map(({ kind, format }) => format ?? kind), [
      ...["dmy", "1.234,50", "1.234,50 %", "categorical", "count", "numeric"],
    ]);
    const app = createApp({ models: { m: detector }, csvRows });
    const rows = { texts: TEXTS.map((row) => [...row]), cells: CELLS.map((row) => [...row]) };
    const answers = await doors(path, folder, app, detector, rows);
    const want = answers["library, texts"].map(said);
    assert.ok(want.some(({ anomaly }) => anomaly) && want.some(({ anomaly }) => !anomaly));
    assert.ok(want[2].pValue > 0.1, "a row without a cell raises no alarm: ADR 77");
    for (const [door, got] of Object.entries(answers)) {
      assert.deepEqual(got.map(said), want, door);
    }
    const numbers = CELLS.map((row) =>
      row.map((cell) => typeof cell === "string" || cell === 1e140 ? 7 : cell ?? NaN)
    );
    const floats = numbers.map((row) => row.map(Math.fround));
    const response = await ask(app, "application/octet-stream", new Float32Array(floats.flat()));
    assert.deepEqual(
      (await response.json()).rows.map(said),
      (await detector.score(floats)).map(said),
    );
    detector.dispose();
  });
}

Deno.test("contributions, rates and false discovery rates are the same through every interface", async () => {
  using folder = new Folder();
  const path = await trained(folder, "--preset", "ensemble");
  const detector = await Detector.load(await Deno.readFile(path));
  const app = createApp({ models: { m: detector }, secondLook });
  const texts = [...TRAINING.slice(0, 40), ...TEXTS].map((row) => [...row]);
  const data = folder.write("q.csv", csvOf(texts));
  const command = async (...flags: string[]): Promise<readonly Verdict[]> =>
    JSON.parse(await elbowOk("score", path, data, "--json", ...flags)).scores;
  const http = async (options: object): Promise<readonly Verdict[]> =>
    (await (await askRows(app, texts, options)).json()).rows;

  const flagged = await command("--explain", "2", "--false-alarm-rate", "0.2");
  const overHttp = await http({ explain: 2, falseAlarmRate: 0.2 });
  const library = await detector.explain(texts, { columns: 2 });
  assert.ok(flagged.filter(({ anomaly }) => anomaly).length > 2);
  for (const [r, row] of flagged.entries()) {
    assert.deepEqual(said(row), said(overHttp[r]));
    assert.deepEqual(overHttp[r].blamed, overTheWire(library[r].blamed));
    if (row.anomaly) assert.deepEqual(row.blamed, overHttp[r].blamed);
  }
  const twice = (await command("--second-look")).map(({ regret }) => regret);
  const verdicts = await detector.score(texts, { secondLook: true });
  assert.ok(twice.some((nats) => nats! > 0));
  assert.deepEqual(verdicts.map(({ regret }) => regret), twice);
  assert.deepEqual((await http({ secondLook: true })).map(({ regret }) => regret), twice);
  assert.deepEqual((await command("--fdr", "0.3")).map(said), (await http({ fdr: 0.3 })).map(said));
  detector.dispose();
});

/** Cells that their columns refuse. */
const BAD: readonly (readonly [column: string, cell: string])[] = [
  ["when", "31.13.2024"],
  ["when", "yesterday"],
  ["price", "12.50"],
  ["price", "1,234.50 $"],
  ["share", "zwölf"],
  ["count", "three"],
  ["count", "1e200"],
  ["temp", "0x10"],
];

Deno.test("a cell that its column refuses gets the same message through every interface", async () => {
  using folder = new Folder();
  const path = await trained(folder, "--preset", "small");
  const detector = await Detector.load(await Deno.readFile(path));
  const app = createApp({ models: { m: detector }, csvRows });
  const refusedBy = async (name: string, content: string) => {
    const { status, stderr } = await elbow(["score", path, folder.write(name, content)]);
    assert.equal(status, 2, stderr);
    const [, what] = /^elbow: (Cannot .*)$/m.exec(stderr)!;
    return what.replace(/ \S+, row (\d+)( \(line \d+\))?/, " row $1");
  };
  for (const [column, cell] of BAD) {
    const bad = TEXTS[0].with(COLUMNS.indexOf(column), cell), rows = [TEXTS[0], bad];
    const want = await detector.score(rows.map((row) => [...row])).then(
      () => assert.fail(cell),
      ({ message }) => message,
    );
    assert.match(want, RegExp(`^Cannot read row 2, column "${column}": expected .*, got `));
    const problem = await (await askRows(app, rows)).json();
    const csv = await (await ask(app, "text/csv", csvOf(rows))).json();
    assert.deepEqual(csv.errors.map(({ pointer }: { pointer: string }) => pointer), [
      `/rows/1/${column}`,
    ]);
    const [, line] = (await (await ask(app, "application/x-ndjson", linesOf(rows))).text())
      .trimEnd().split("\n");
    const got = {
      "CSV": await refusedBy("r.csv", csvOf(rows)),
      "JSON lines": await refusedBy("r.jsonl", linesOf(rows.map(named))),
      "HTTP": problem.detail,
      "HTTP, CSV": csv.detail.replace(/ \(line \d+\)/, ""),
      "HTTP lines": JSON.parse(line).detail,
    };
    for (const [door, words] of Object.entries(got)) {
      // The size of a number is checked after it is read, so files give such cells as numbers.
      assert.equal(
        words.replace(/"(1e\+?200)"$/, "1e+200"),
        want.replace('"1e200"', "1e+200"),
        door,
      );
    }
  }
  detector.dispose();
});

Deno.test("an upload scores like its file, as CSV and as Parquet", async () => {
  using folder = new Folder();
  const path = await trained(folder, "--preset", "small"), model = await Deno.readFile(path);
  await using app = await jobsApp();
  app.work();
  await app.client.upload("m", model);
  const want = await elbowOk("score", path, folder.write("q.csv", csvOf(TEXTS)));
  const parquet = new Uint8Array(parquetWriteBuffer({
    columnData: COLUMNS.map((name, c) => ({
      name,
      data: TEXTS.map((row) => row[c]),
      type: "STRING" as const,
    })),
  }));
  for (
    const [name, bytes] of [["q.csv", await Deno.readFile(folder.at("q.csv"))], [
      "q.parquet",
      parquet,
    ]] as const
  ) {
    await app.client.putUpload(name, bytes);
    const job = await app.client.waitForJob((await app.client.scoreUpload("m", name)).id);
    assert.equal(job.state, "succeeded", job.error);
    assert.equal(await (await app.client.jobResult(job.id)).text(), want, name);
  }
  const flags = ["--second-look", "--false-alarm-rate", "0.3"], file = folder.at("q.csv");
  const options = { secondLook: true, falseAlarmRate: 0.3 };
  const job = await app.client.waitForJob((await app.client.scoreUpload("m", "q.csv", options)).id);
  assert.equal(job.state, "succeeded", job.error);
  const lines = await elbowOk("score", path, file, ...flags);
  assert.match(lines, /^row,score,p_value,anomaly,top_columns,regret\n.*,true,.*,\d.*\n/s);
  assert.equal(await (await app.client.jobResult(job.id)).text(), lines);
  const ndjson = await app.ask("GET", `/v1/jobs/${job.id}/result`, undefined, {
    authorization: `Bearer ${TOKEN.all}`,
    accept: "application/x-ndjson",
  });
  const { scores } = JSON.parse(await elbowOk("score", path, file, ...flags, "--json"));
  const rows = (await ndjson.text()).trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(
    rows.map(({ row, regret }) => ({ row, regret })),
    scores.map(({ row, regret }: { row: number; regret?: number }) => ({ row, regret })),
  );
});
