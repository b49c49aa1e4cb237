/**
 * JSON lines on the command line: scored while they are read, with keys that rows lack or that the model does not know.
 * Oracles: the same rows as CSV, and the same file read whole (`--json`).
 */
import assert from "node:assert/strict";
import { elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";
import { gzipped } from "../util/gzip.ts";

const encoder = new TextEncoder();
const [HEAD, ...ROWS] = tableCsv(200).trimEnd().split("\n");
const NAMES = HEAD.split(",");

/** A row of CSV as an object; empty cells have no key. */
function objectOf(row: string): string {
  const cells = row.split(",").map((cell, c) => cell && `"${NAMES[c]}": ${cell}`);
  return `{${cells.filter(Boolean).join(", ")}}`;
}

const jsonl = (rows: readonly string[]): string => rows.map((row) => `${objectOf(row)}\n`).join("");
const csv = (rows: readonly string[]): string => `${HEAD}\n${rows.join("\n")}\n`;

async function trained(folder: Folder, ...more: string[]): Promise<string> {
  const model = folder.at("m");
  await elbowOk(
    "train",
    folder.write("train.csv", tableCsv(200)),
    "--out",
    model,
    ...QUICK,
    ...more,
  );
  return model;
}

Deno.test("elbow score gives the same for JSON lines as for CSV: files, .gz, standard input, in threads", async () => {
  using folder = new Folder();
  const model = await trained(folder);
  // Every column is missing somewhere, and some 4 MB are enough for threads to be used.
  const holed = ROWS.map((row, r) =>
    row.split(",").map((cell, c) => r % 9 === c ? "" : cell).join()
  );
  const many = Array.from({ length: 250 }, () => holed).flat(), text = jsonl(many);
  const expected = await elbowOk("score", model, folder.write("t.csv", csv(many)));
  for (
    const [name, bytes] of [["t.jsonl", text], [
      "u.ndjson",
      `\uFEFF${text.replaceAll("\n", "\r\n")}\r\n`,
    ]]
  ) {
    const { status, stdout, stderr } = await elbow(["score", model, folder.write(name, bytes)]);
    assert.equal(status, 0, stderr);
    assert.equal(stdout, expected, name);
    assert.match(stderr, /^elbow: 50,000 rows scored, [\d,]+ rows? flagged[^\n]*\n$/);
  }
  folder.write("z.jsonl.gz", await gzipped(text));
  assert.equal(await elbowOk("score", model, folder.at("z.jsonl.gz")), expected);
  // Pieces end within a line; the first reveals the format, with or without a byte order mark.
  for (const bytes of [encoder.encode(text), encoder.encode(`\uFEFF${text}`)]) {
    const stdinPieces = async function* () {
      for (let at = 0; at < bytes.length; at += 99_991) yield bytes.slice(at, at + 99_991);
    };
    const { stdout, stderr } = await elbow(["score", model, "-"], { stdinPieces });
    assert.equal(stdout, expected, stderr);
  }
  await elbowOk("score", model, folder.at("t.jsonl"), "--out", folder.at("out.csv"));
  assert.equal(Deno.readTextFileSync(folder.at("out.csv")), expected);
});

Deno.test("elbow score names keys that the model does not know, and columns that no row has, once", async () => {
  using folder = new Folder();
  const model = await trained(folder);
  const left = (name: string) => `elbow: columns not in the model are ignored: "${name}"\n`;
  // The second key appears blocks later, and the last column is missing in all of them.
  const rows = Array.from({ length: 20_000 }, (_, r) => {
    const cells = objectOf(ROWS[r % 200].replace(/,[^,]*$/, ",")).slice(1);
    return `{"id": ${r}, ${r > 15_000 ? '"note": {"by": ["é"]}, ' : ""}${cells}`;
  });
  const path = folder.write("t.jsonl", `${rows.join("\n")}\n`);
  const { stdout, stderr } = await elbow(["score", model, path]);
  assert.ok(stderr.startsWith(`${left("id")}${left("note")}`), stderr);
  assert.match(stderr, /columns missing from every row: "d"\nelbow: 20,000 rows scored/);
  const whole = await elbow(["score", model, path, "--json"]);
  assert.match(
    whole.stderr,
    /are ignored: "id", "note"\nelbow: columns missing from every row: "d"\n/,
  );
  const { scores } = JSON.parse(whole.stdout);
  const lines = stdout.trimEnd().split("\n").slice(1);
  assert.deepEqual(
    lines.map((line) => Number(line.split(",")[1])),
    scores.map(({ score }: { score: number }) => score),
  );
});

Deno.test("elbow score refuses a line of JSON by its number, both as a stream and whole", async () => {
  using folder = new Folder();
  const model = await trained(folder);
  const good = objectOf(ROWS[0]);
  const faults: readonly [string, RegExp][] = [
    [
      `{"a": "oops", "b": 1}`,
      /row 3 \(line 3\), column "a": expected a finite number, got "oops"/,
    ],
    [
      `{"a": [1]}`,
      /row 3 \(line 3\), column "a": expected a finite number, got an array/,
    ],
    [
      `{"A": 1}`,
      /row 3 \(line 3\): expected an object with at least one of the columns "a", "b", "c", "d", got one with "A"/,
    ],
    [`{"a": NaN}`, /row 3 \(line 3\): expected valid JSON, which has no NaN/],
    [
      `{"a": 1, "a": 2}`,
      /row 3 \(line 3\), column "a": expected each key once, got it twice/,
    ],
    [
      `1,2,3,4`,
      /row 3 \(line 3\): expected one complete JSON object or array on each line, got "1,2,3,4"/,
    ],
    ["", /row 3 \(line 3\): expected a JSON object or array, got a blank line/],
  ];
  for (const [fault, message] of faults) {
    const path = folder.write("t.jsonl", [good, good, fault, good].join("\n"));
    const stream = await refused("score", model, path);
    assert.match(stream, message);
    assert.equal(await refused("score", model, path, "--json"), stream);
  }
  assert.match(
    await refused("score", model, folder.write("e.jsonl", "\n\n")),
    /at least one line of JSON, got an empty file/,
  );
  assert.match(
    await refused("score", model, folder.write("w.jsonl", "[1, 2, 3]\n")),
    /expected 4 columns, as in the model, got 3/,
  );
  // Far down, in the block of another thread: no file is left.
  const long = `${jsonl(ROWS).repeat(250)}{"a": {}}\n`, names = folder.names();
  const far = await refused(
    "score",
    model,
    folder.write("e.jsonl", long),
    "--out",
    folder.at("o.csv"),
  );
  assert.match(far, /row 50001 \(line 50001\), column "a"/);
  assert.deepEqual(folder.names(), names);
});

Deno.test("steps of a series are answered one by one, as JSON lines", async () => {
  using folder = new Folder();
  const model = folder.at("m");
  await elbowOk("train", folder.write("t.csv", tableCsv(200)), "--out", model, "--window", "8");
  const score = (name: string, text: string) =>
    elbowOk("score", model, folder.write(name, text), "--online");
  assert.equal(await score("t.jsonl", jsonl(ROWS)), await score("u.csv", csv(ROWS)));
  let written = "";
  const pieces = async function* () {
    for (const row of ROWS.slice(0, 12)) {
      yield encoder.encode(jsonl([row]));
      // Each verdict is written before the next step arrives.
      assert.equal(written.trimEnd().split("\n").length, ROWS.indexOf(row) + 2);
    }
  };
  const { status, stderr } = await elbow(["score", model, "-", "--online"], {
    stdinPieces: pieces,
    stdout: (piece) =>
      void (written += typeof piece === "string" ? piece : new TextDecoder().decode(piece)),
  });
  assert.equal(status, 0, stderr);
});

Deno.test("a table of JSON lines trains the same model as its cells in CSV", async () => {
  using folder = new Folder();
  const holed = ROWS.map((row, r) =>
    row.split(",").map((cell, c) => (r + 3) % 9 === c ? "" : cell).join()
  );
  const train = async (name: string, text: string) => {
    const out = folder.at(`${name}.model`);
    await elbowOk("train", folder.write(name, text), "--out", out, ...QUICK);
    return Deno.readFileSync(out);
  };
  assert.deepEqual(await train("t.jsonl", jsonl(holed)), await train("t.csv", csv(holed)));
});
