/**
 * Scoring as a stream. Oracles: the reader of text on the same bytes, Number() of the same digits, and the same table
 * scored whole.
 */
import assert from "node:assert/strict";
import { type ByteBlock, ByteBlocks } from "../../src/formats/csv/byte_blocks.ts";
import { parseDecimal, ShortDecimal } from "../../src/formats/text/decimal.ts";
import { DataError, encodeNpy, readCsv } from "../../src/formats/mod.ts";
import { loadModel } from "../../src/cli/models/model.ts";
import { scoreStream, type ScoringModel } from "../../src/cli/score/stream/stream.ts";
import { csvInput } from "../../src/cli/score/input/csv_input.ts";
import { denoIo } from "../../src/cli/io.ts";
import { codecOf, type ColumnSchema } from "../../src/scoring/table/schema.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { csvOf, elbow, elbowOk, Folder, QUICK, tableCsv } from "./util.ts";
import { planeRows } from "../util/data.ts";
import { readBlock } from "../formats/util.ts";

const encoder = new TextEncoder();

Deno.test("parseDecimal() gives the bits of Number(), or leaves the text to it", () => {
  const random = new HostRandom(1, 0, 0), u = () => random.uniformF64();
  const forms: ((scale: number) => string)[] = [
    (scale) => String((u() - 0.5) * scale),
    () => (u() * 100).toFixed(random.below(18)),
    (scale) => (u() * scale).toExponential(random.below(18)),
    () => (u() * 10).toPrecision(15 + random.below(5)),
    () => `${random.below(1e9)}${random.below(1e9)}.${random.below(1e3)}`,
    () => `-${random.below(1000)}`,
    () => `+0${random.below(10)}.50`,
  ];
  let taken = 0, short = 0;
  const reader = new ShortDecimal();
  for (let i = 0; i < 140_000; i++) {
    const text = forms[i % forms.length](10 ** (random.below(30) - 15));
    const bytes = encoder.encode(text);
    if (reader.read(bytes, 0, bytes.length) === bytes.length) {
      short++;
      assert.ok(Object.is(reader.value, Number(text)), `${text}: ${reader.value}`);
    }
    const value = parseDecimal(bytes, 0, text.length);
    if (Number.isNaN(value)) continue;
    taken++;
    assert.ok(Object.is(value, Number(text)), `${text}: ${value}`);
  }
  assert.ok(taken > 100_000 && short > 20_000, `${taken} were taken, ${short} of them short`);
  for (
    const none of [
      "",
      "-",
      ".",
      "e5",
      "1e",
      "1e+",
      "1.2.3",
      "0x10",
      "1 ",
      " 1",
      "1e400",
      "NaN",
      "--1",
      "9007199254740993",
    ]
  ) {
    assert.ok(Number.isNaN(parseDecimal(encoder.encode(none), 0, none.length)), none);
  }
  for (const some of ["0", "-0", "1.", ".5", "1e22", "1e-22", "0.1"]) {
    assert.ok(Object.is(parseDecimal(encoder.encode(some), 0, some.length), Number(some)), some);
  }
});

const SCHEMA: readonly ColumnSchema[] = [
  { name: "n", kind: "numeric" },
  { name: "k", kind: "categorical", levels: ["a", "b c", "é"] },
  { name: "t", kind: "timestamp" },
];

/** Rows of all blocks of a text that arrives in pieces. */
function readPieces(text: string, pieces: number, blockBytes: number, separator = ",") {
  const bytes = encoder.encode(text), blocks = new ByteBlocks("t.csv", blockBytes);
  const all: ByteBlock[] = [];
  const size = Math.ceil(bytes.length / pieces);
  for (let at = 0; at < bytes.length; at += size) {
    const block = blocks.push(bytes.slice(at, at + size));
    if (block) all.push(block);
  }
  const last = blocks.finish();
  if (last) all.push(last);
  const columns = SCHEMA.map((column, index) => ({
    name: column.name,
    index,
    codec: codecOf(column),
  }));
  const format = { source: "t.csv", width: SCHEMA.length, separator, columns };
  // The blocks count a header that these texts do not have.
  return all.flatMap((block) => [...readBlock(block, format).data]);
}

Deno.test("the reader of bytes gives the rows of the reader of texts, however the bytes are cut", () => {
  const random = new HostRandom(3, 0, 0);
  const numbers = [
    "1",
    "-2.5",
    "1e3",
    "0.1234567890123456",
    "",
    " 7 ",
    "NA",
    "12345678901234567890",
    "1e-30",
  ];
  const kinds = ["a", "b c", "é", "", "other", "日本", '"a"', '"b c"', '"x\ny"', '"q""q"'];
  const times = ["2024-03-09", "2024-03-09T10:14:33Z", "", "1709979273"];
  const pick = (from: string[]) => from[random.below(from.length)];
  for (let round = 0; round < 60; round++) {
    const known = round % 2 ? kinds : kinds.slice(0, 6), eol = round % 3 ? "\n" : "\r\n";
    const lines = Array.from(
      { length: 40 },
      () => `${pick(numbers)},${pick(known)},${pick(times)}`,
    );
    const text = lines.join(eol) + (round % 5 ? eol : "");
    const codecs = new Map(SCHEMA.map((column) => [column.name, codecOf(column)]));
    const whole = readCsv(`n,k,t\n${text}`, { cells: (name) => codecs.get(name)! });
    const cut = readPieces(text, 1 + random.below(30), 1 + random.below(200));
    assert.deepEqual(cut, [...whole.data]);
  }
  assert.deepEqual(readPieces("1\ta\t2024-01-01\n", 1, 1, "\t"), [1, 0, 1704067200]);
});

Deno.test("the reader of bytes refuses with the messages of the reader of texts", () => {
  const faults = [
    "1,a\n",
    "1,a,2024-01-01,4\n",
    "x,a,2024-01-01\n",
    "1,a,soon\n",
    "1,a,\n\n2,a,\n",
    "inf,a,\n",
    '1,"a,\n',
  ];
  const codecs = new Map(SCHEMA.map((column) => [column.name, codecOf(column)]));
  for (const fault of faults) {
    const message = (read: () => unknown) => {
      try {
        read();
      } catch (error) {
        assert.ok(error instanceof DataError, fault);
        return error.message.replace(/ \(line \d+\)|, line \d+/, "");
      }
      assert.fail(`not refused: ${fault}`);
    };
    const options = { source: "t.csv", cells: (name: string) => codecs.get(name)! };
    const expected = message(() => readCsv(`n,k,t\n${fault}`, options));
    assert.equal(message(() => readPieces(fault, 1, 1)), expected);
  }
});

Deno.test("a file scored as a stream, with or without threads, gives the scores of the whole table", async () => {
  using folder = new Folder();
  const model = folder.at("m");
  await elbowOk("train", folder.write("t.csv", tableCsv(200)), "--out", model, ...QUICK);
  // Some 4.7 MB: enough for threads to be used.
  const lines = tableCsv(200).trimEnd().split("\n"), [head, ...rows] = lines;
  const many = Array.from({ length: 300 }, (_, i) => rows.map((row, r) => `${i}.${r},${row}`));
  const big = folder.write("big.csv", `id,${head}\r\n${many.flat().join("\r\n")}\r\n`);
  const { stderr, stdout: streamed } = await elbow(["score", model, big]);
  assert.match(stderr, /are ignored: "id"/);
  assert.match(stderr, /60,000 rows scored, [\d,]+ rows flagged at a false-alarm rate of 0\.0/);
  const { scores } = JSON.parse(await elbowOk("score", model, big, "--json"));
  assert.equal(streamed.trimEnd().split("\n").length, 60_001);
  streamed.trimEnd().split("\n").slice(1).forEach((line, r) => {
    if (r % 997 !== 0) return;
    const [row, score, p, anomaly, top] = line.split(",");
    const { topColumns, ...whole } = scores[r];
    assert.deepEqual(
      [Number(row), Number(score), Number(p), anomaly, top],
      [whole.row, whole.score, whole.pValue, `${whole.anomaly}`, topColumns.join(";")],
    );
  });
  await elbowOk("score", model, big, "--out", folder.at("out.csv"));
  assert.equal(Deno.readTextFileSync(folder.at("out.csv")), streamed);
  const bytes = Deno.readFileSync(big);
  const piped = await elbow(["score", model, "-"], { stdin: () => Promise.resolve(bytes) });
  assert.equal(piped.stdout, streamed);

  const text = new TextDecoder().decode(bytes);
  const at = text.indexOf("\n", 3_500_000) + 1, row = text.slice(0, at).split("\n").length - 1;
  const bad = folder.write("bad.csv", `${text.slice(0, at)}9,1,oops,3,4\n${text.slice(at)}`);
  const before = folder.names();
  const refusal = await elbow(["score", model, bad, "--out", folder.at("none.csv")]);
  assert.equal(refusal.status, 2);
  assert.match(
    refusal.stderr,
    new RegExp(
      `bad\\.csv, row ${row} \\(line ${row + 1}\\), column "b": expected a finite number.*"oops"`,
    ),
  );
  assert.deepEqual(folder.names(), before, "no output file");
});

Deno.test("blocks and lines of a stream reuse the same memory", async () => {
  using folder = new Folder();
  const path = folder.at("m");
  await elbowOk("train", folder.write("t.csv", tableCsv(200)), "--out", path, ...QUICK);
  using model = await loadModel(path) as ScoringModel;
  const [head, ...rows] = tableCsv(200).trimEnd().split("\n");
  const piece = encoder.encode(`${rows.join("\n")}\n`.repeat(10));
  async function* pieces() {
    yield encoder.encode(`${head}\n`);
    for (let i = 0; i < 14; i++) yield piece;
  }
  const totals = { rows: 0, anomalies: 0, uncertain: 0 };
  const format = csvInput();
  const request = { model, source: "t.csv", pieces: pieces(), device: {}, format, io: denoIo() };
  const [header, ...lines] = await Array.fromAsync(
    scoreStream({ ...request, settings: { falseAlarmRate: 0.05 } }, totals),
    ({ buffer, length }) => ({ buffer, length }),
  );
  assert.equal(header.length, "row,score,p_value,anomaly,top_columns\n".length);
  assert.equal(totals.rows, 28_000);
  assert.ok(lines.length > 10, `only ${lines.length} blocks`);
  assert.equal(new Set(lines.map(({ buffer }) => buffer)).size, 1);
});

Deno.test("score --out shows on a terminal how far it is, and clears that line", async () => {
  using folder = new Folder();
  const rows = planeRows(3000, 4, 11), csv = folder.write("t.csv", csvOf(rows));
  const npy = folder.write("t.npy", encodeNpy(Float64Array.from(rows.flat()), [3000, 4]));
  const model = folder.at("m"), out = ["--out", folder.at("scores.csv")];
  await elbowOk("train", csv, "--out", model, ...QUICK);
  const { now } = performance;
  let seconds = 0;
  performance.now = () => 1000 * seconds++;
  try {
    for (const data of [csv, npy]) {
      const { stderr } = await elbow(["score", model, data, ...out], { isTerminal: true });
      const [, ...drawn] = stderr.split("\r\x1b[K"), last = drawn.pop()!;
      const name = data === csv ? "csv" : "npy";
      assert.ok(drawn.length > 0);
      for (const line of drawn.filter((line) => line !== "")) {
        assert.match(line, new RegExp(`^[█░]+ {2}scoring t\\.${name} {2}[\\d,]+ rows .* left$`));
      }
      assert.match(last, /^elbow: 3,000 rows scored, .*\n$/);
      const printed = await elbow(["score", model, data], { isTerminal: true });
      assert.doesNotMatch(printed.stderr, /scoring/);
    }
  } finally {
    performance.now = now;
  }
});
