/**
 * Tables read in parts of which no more rows are kept than asked for. Oracles: the same file read whole; the law of a
 * uniform draw without replacement.
 */
import assert from "node:assert/strict";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import { HostRandom } from "../../src/core/random/philox.ts";
import { readTable, type ReadTableOptions, type Table } from "../../src/formats/mod.ts";
import { readParquetSample, readSample } from "../../src/formats/sample/read_sample.ts";
import { RowSample, type SampleOptions } from "../../src/formats/sample/row_sample.ts";

const ANY: ReadTableOptions = { cells: "any" };
const most = (count: number): SampleOptions => ({ most: () => count });

async function* piecesOf(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function read(
  name: string,
  text: string,
  size: number,
  sample: SampleOptions,
  options: ReadTableOptions = ANY,
): Promise<Table> {
  return readSample(name, piecesOf(new TextEncoder().encode(text), size), options, sample);
}

/** Numbers that become texts late, gaps, letters of two bytes, line breaks within quotes. */
const MIXED = "\uFEFFid,x,late,kind,note,y\n" +
  Array.from({ length: 400 }, (_, r) => {
    const late = r < 300 ? `${r % 9}` : ["sept", "7", ""][r % 3], gap = r % 13 === 5 ? "NA" : r / 8;
    return `r${r},${gap},${late},${["é", "b", "c"][r % 3]},"a\n${r % 4}",${r % 2}\n`;
  }).join("");

const COMMAS = "n;t\n" +
  Array.from({ length: 300 }, (_, r) => `${r % 5 ? `${r},25` : r};${r % 7 ? "x" : "3,5"}\n`)
    .join("");

const WRITTEN = [
  "1e-5",
  "+.5",
  " 3 ",
  "0.1234567890123456789",
  "-0",
  "007",
  "12345678901234567890",
  "1E3",
  "5.",
];

/** Rows of several blocks of bytes, each of numbers alone but where a row is put in place. */
function numbersCsv(rows: number, put: Readonly<Record<number, string>> = {}, end = "\n"): string {
  const lines = Array.from({ length: rows }, (_, r) => {
    const cells = [r / 7, WRITTEN[r % 9], (r * 7919) % 1000 / 1000, r % 5 ? r : "NA", r % 2];
    return put[r] ?? cells.join();
  });
  return ["a,b,c,d,y", ...lines].join(end);
}

/** A key that only later rows have. */
const KEYED = Array.from({ length: 5000 }, (_, r) => {
  const late = r < 3000 ? {} : { late: r % 4 ? `t${r % 5}` : null };
  return `${JSON.stringify({ n: r / 2, kind: "ab"[r % 2], ...late, y: r % 2 === 1 })}\n`;
}).join("");

Deno.test("below the cap a table is that of the whole file, whatever the pieces", async () => {
  const files: [string, string, ReadTableOptions][] = [
    ["t.csv", MIXED, { ...ANY, label: "y" }],
    ["-", MIXED, { ...ANY, columns: ["late", "x"] }],
    ["t.csv", COMMAS, ANY],
    ["t.tsv", MIXED.replaceAll(",", "\t"), { ...ANY, exclude: ["id"] }],
    ["t.csv", "a,b\n1,2\n3,4", {}],
    ["t.jsonl", KEYED.split(/(?<=\n)/).slice(2900, 3100).join(""), { ...ANY, label: "y" }],
    ["-", "[1,2]\n[3,null]\n", ANY],
  ];
  for (const [name, text, options] of files) {
    const whole = readTable(name, new TextEncoder().encode(text), options);
    for (const size of [1, 7, 100, 1 << 20]) {
      assert.deepEqual(await read(name, text, size, most(400), options), whole, `${name} ${size}`);
    }
  }
});

const LONG = "x,kind,id,y\n" +
  Array.from({ length: 6000 }, (_, r) => `${r / 4},${["a", "b"][r % 2]},n${r},${+(r % 10 === 0)}\n`)
    .join("");

Deno.test("above the cap rows are those of the file by their numbers, and the pieces and the format change nothing", async () => {
  const options = { ...ANY, label: "y" };
  const whole = readTable("t.csv", new TextEncoder().encode(LONG), options);
  const sample = { ...most(500), seed: 3 };
  const { drawn, ...table } = await read("t.csv", LONG, 1000, sample, options);
  const { numbers, rows } = drawn!;
  assert.deepEqual([rows, table.rows, numbers.length], [6000, 500, 500]);
  assert.ok(numbers.every((number, i) => i === 0 || number > numbers[i - 1]));
  const cell = ({ data, texts }: Table, row: number, c: number) =>
    texts?.[c] ? texts[c][data[row * 3 + c]] : data[row * 3 + c];
  for (const [i, number] of numbers.entries()) {
    for (const c of [0, 1, 2]) assert.equal(cell(table, i, c), cell(whole, number - 1, c));
    assert.equal(table.label![i], whole.label![number - 1]);
  }
  for (const size of [37, 9000, 1 << 20]) {
    assert.deepEqual(await read("t.csv", LONG, size, sample, options), { ...table, drawn });
  }
  const columnData = ["x", "kind", "id", "y"].map((name, c) => ({
    name,
    data: LONG.trimEnd().split("\n").slice(1).map((line) => line.split(",")[c])
      .map((text) => c === 0 || c === 3 ? Number(text) : text),
    type: c === 0 ? "DOUBLE" as const : c === 3 ? "INT32" as const : "STRING" as const,
  }));
  const bytes = parquetWriteBuffer({ columnData, rowGroupSize: 700 });
  const file = {
    byteLength: bytes.byteLength,
    slice: (start: number, end?: number) => Promise.resolve(bytes.slice(start, end)),
  };
  const { lines: _, ...unlined } = table;
  const parquet = await readParquetSample("t.csv", file, options, sample);
  assert.deepEqual(parquet, { ...unlined, drawn });
  const other = await read("t.csv", LONG, 1000, { ...sample, seed: 4 }, options);
  assert.notDeepEqual(other.drawn!.numbers, numbers);
});

Deno.test("numbers read from bytes, and what is wrong with them, are those of the whole file", async () => {
  const messageOf = (error: unknown) => (error as Error).message;
  const rows = 15_000, whole = { ...ANY, label: "y" };
  const files: [string, ReadTableOptions][] = [
    [numbersCsv(rows), whole],
    [numbersCsv(rows, {}, "\r\n"), ANY],
    [numbersCsv(rows) + "\n\n \n", { ...ANY, columns: ["d", "a"] }],
    [numbersCsv(rows, { 9000: "1,odd,2,3,1", 9001: '"1","2",3,4,0' }), whole],
    // Columns of texts, from the start and later, one of them of codes; the first number with a leading zero comes late.
    [
      numbersCsv(rows, { 6000: "1,x,2,3,0" }).replace(
        /(?<=\n)[^,]*(\d),/g,
        (_, d) => d % 2 ? `é${d},` : ` é${d} ,`,
      ),
      ANY,
    ],
    [numbersCsv(rows, { 9000: "1,2,08,3,0", 9001: "1,2,3,009,0" }), { ...ANY, exclude: ["b"] }],
    [numbersCsv(rows), { cells: { texts: new Set(["b", "y"]) } }],
    [numbersCsv(rows), { exclude: ["d"] }],
    [numbersCsv(rows).replaceAll(",", "\t"), whole],
    [numbersCsv(rows).replaceAll(",", ";"), { exclude: ["d"] }],
    // Refused:
    [numbersCsv(rows), {}],
    [numbersCsv(rows, { 12_000: "1,2,3,4" }), whole],
    [numbersCsv(rows, { 12_000: "" }), whole],
    [numbersCsv(rows, { 12_000: "1,2,3,4,maybe" }), whole],
    [numbersCsv(rows, { 12_000: "1,Infinity,3,4,1" }), ANY],
    [numbersCsv(rows, { 14_999: '"1,2,3,4,1' }), ANY],
  ];
  for (const [i, [text, options]] of files.entries()) {
    const bytes = new TextEncoder().encode(text);
    let expected: Table | string;
    try {
      expected = readTable("t.csv", bytes, options);
    } catch (error) {
      expected = messageOf(error);
    }
    assert.equal(typeof expected === "string", i >= 10, `${i}: ${expected}`);
    for (const size of [30_000, 1 << 18]) {
      const read1 = await readSample("t.csv", piecesOf(bytes, size), options, most(rows))
        .catch(messageOf);
      assert.deepEqual(read1, expected, `${i}`);
    }
  }
});

Deno.test("fuzz: tables of any cells, read in any pieces, are the whole file, and one draw of it", async () => {
  const random = new HostRandom(1, 0, 7),
    pick = <T>(list: readonly T[]) => list[random.below(list.length)];
  const kinds: readonly (() => string)[] = [
    () => `${random.below(9)}`,
    () => random.uniformF64().toFixed(3),
    () => `t${random.below(1e6)}`,
    () =>
      pick([
        "",
        "NA",
        "é",
        "a",
        "true",
        " 7 ",
        "-0",
        "1e5",
        "1e200",
        "2024-01-02",
        "3,5",
        '"x"" ,;y"',
      ]),
    () => `0${random.below(9)}`,
    () => pick(["inf", "1.234,5", "7"]),
  ];
  const chance = (share: number) => random.uniformF64() < share;
  for (let i = 0; i < 60; i++) {
    const width = 1 + random.below(4), rows = 1 + random.below(i % 3 ? 300 : 9000);
    const separator = pick([",", ";", "\t"]);
    const columns = Array.from({ length: width }, () => [kinds[random.below(4)], pick(kinds)]);
    const lines = Array.from({ length: rows }, (_, r) => {
      const cells = columns.map(([usual, seldom]) =>
        r < rows / 2 || chance(0.95) ? usual() : seldom()
      );
      const quoted = cells.map((cell) => /^[^"].*[,;]/.test(cell) ? `"${cell}"` : cell);
      return [...quoted, r % 2].join(separator);
    });
    const names = [...columns.keys()].map((c) => `c${c}`);
    const text = [[...names, "y"].join(separator), ...lines, ""].join(pick(["\n", "\r\n"]));
    const bytes = new TextEncoder().encode(text);
    const cells = pick(["any", "any", "numbers", { texts: new Set(["c0"]) }] as const);
    const options = {
      cells,
      ...(chance(0.5) && { label: "y" }),
      ...(chance(0.2) && { exclude: ["c0"] }),
    };
    const outcome = async (act: () => Table | Promise<Table>) => {
      try {
        return await act();
      } catch (error) {
        return (error as Error).message;
      }
    };
    const inPieces = (size: number, sample: SampleOptions) =>
      outcome(() => readSample("t.csv", piecesOf(bytes, size), options, sample));
    const whole = await outcome(() => readTable("t.csv", bytes, options));
    const sizes = [...(rows > 300 ? [] : [1 + random.below(50)]), 5000, 1 << 18];
    const few = { ...most(1 + random.below(Math.ceil(rows / 3))), seed: i },
      drawn = await inPieces(777, few);
    for (const size of sizes) {
      assert.deepEqual(await inPieces(size, most(rows)), whole);
      assert.deepEqual(await inPieces(size, few), drawn);
    }
  }
});

Deno.test("a file whose name says no format is refused before it is read", async () => {
  let read1 = 0;
  async function* pieces() {
    for (; read1 < 1000; read1++) yield await Promise.resolve(new Uint8Array(1000));
  }
  await assert.rejects(readSample("t.elbow", pieces(), ANY, most(9)), /extension must be one of/);
  assert.ok(read1 < 3);
});

Deno.test("a key that comes late is missing in the rows before, kept or not", async () => {
  const sample = { most: (columns: number) => Math.floor(2000 / columns), seed: 1 };
  const read1 = await read("t.jsonl", KEYED, 1 << 20, sample, { ...ANY, label: "y" });
  const { columns, texts, drawn, data, rows, label } = read1;
  assert.deepEqual(columns, ["n", "kind", "late"]);
  assert.equal(rows, 666);
  for (const [i, number] of drawn!.numbers.entries()) {
    const r = number - 1, code = data[3 * i + 2];
    assert.equal(data[3 * i], r / 2);
    assert.equal(texts![1]![data[3 * i + 1]], "ab"[r % 2]);
    assert.equal(
      Number.isNaN(code) ? null : texts![2]![code],
      r < 3000 || r % 4 === 0 ? null : `t${r % 5}`,
    );
    assert.equal(label![i], r % 2);
  }
  for (const size of [100, 7777]) {
    assert.deepEqual(await read("t.jsonl", KEYED, size, sample, { ...ANY, label: "y" }), read1);
  }
  // Where no cell may be missing.
  const numbers = '{"a":1}\n{"a":2}\n{"a":3,"b":4}\n';
  for (const size of [1, 100]) {
    await assert.rejects(
      read("t.jsonl", numbers, size, most(9), {}),
      /column "b", row 1 .*missing/,
    );
  }
});

Deno.test("a label that says neither is left out from the first part on, and said once", async () => {
  const csv = LONG.replace("n4000,1", "n4000,bad");
  assert.notEqual(csv, LONG);
  const json = KEYED.replace(
    '"n":2000,"kind":"a","late":null,"y":false',
    '"n":2000,"kind":"a","late":null,"y":"odd"',
  );
  assert.notEqual(json, KEYED);
  for (const [name, text] of [["t.csv", csv], ["t.jsonl", json]]) {
    for (const kept of [400, 1e5]) {
      const said: string[] = [];
      const options = { ...ANY, label: "y", onLabelFault: (e: Error) => said.push(e.message) };
      const { label, ...table } = await read(name, text, 5000, most(kept), options);
      assert.equal(label, undefined);
      assert.deepEqual(table, await read(name, text, 5000, most(kept), { ...ANY, exclude: ["y"] }));
      assert.equal(said.length, 1);
      assert.match(said[0], /"?y"?.*row 4001/);
    }
  }
});

Deno.test("where a column of numbers has its first text late, its numbers are counted all the same", async () => {
  const text = `n\n${Array.from({ length: 5000 }, (_, r) => r === 4500 ? "x" : `${r}`).join("\n")}`;
  const drawn = await read("t.csv", text, 1000, most(100));
  const [{ smallest, largest, numbers, others, firstText }] = drawn.drawn!.columns;
  assert.deepEqual([smallest, largest, numbers, others], [0, 4999, 4999, 1]);
  assert.deepEqual(firstText, { row: 4501, text: "x", isForeign: false });
  assert.deepEqual(await read("t.csv", text, 1 << 20, most(100)), drawn);
});

Deno.test("the last rows stay where their order matters", async () => {
  const { drawn, data } = await read("t.csv", LONG, 500, { ...most(100), latest: true });
  assert.deepEqual([...drawn!.numbers], Array.from({ length: 100 }, (_, i) => 5901 + i));
  assert.equal(data[0], 5900 / 4);
});

Deno.test("every row is as likely to stay: uniform without replacement", () => {
  const rows = 3000, kept = 100, seeds = 300, block = 100;
  const counts = new Float64Array(rows / block);
  const data = Float64Array.from({ length: rows }, (_, r) => r);
  for (let seed = 0; seed < seeds; seed++) {
    const sample = new RowSample({ ...most(kept), seed });
    sample.add({ columns: ["x"], data, rows, source: "-" });
    for (const row of sample.finish().data) counts[Math.floor(row / block)]++;
  }
  // Hypergeometric: 4.5 standard errors of any of 40 counts are seen once in 3,500 runs.
  const requireUniform = (count: number, of: number) => {
    const share = kept / rows;
    const variance = seeds * of * share * (1 - share) * (rows - of) / (rows - 1);
    assert.ok(Math.abs(count - seeds * of * share) < 4.5 * Math.sqrt(variance), `${counts}`);
  };
  for (const count of counts) requireUniform(count, block);
  for (let first = 0; first < 10; first++) {
    const third = counts.subarray(first, first + 10);
    requireUniform(third.reduce((sum, count) => sum + count, 0), 10 * block);
  }
});

Deno.test("what all rows say of a column is known of those that do not stay", async () => {
  const cells = (row: number) => row === 4321 ? "-1,2024-13-01,c" : `${row},2024-01-02,ab`;
  const text = `n,time,kind\n${Array.from({ length: 5000 }, (_, r) => `${cells(r)}\n`).join("")}`;
  for (let seed = 0; seed < 20; seed++) {
    const { drawn, texts } = await read("t.csv", text, 4000, { ...most(50), seed });
    if (drawn!.numbers.includes(4322)) continue;
    const [n, time] = drawn!.columns;
    assert.deepEqual([n.smallest, n.largest, n.whole, n.numbers], [-1, 4999, true, 5000]);
    assert.deepEqual([time.times, time.others, time.firstText?.row], [false, 5000, 1]);
    assert.deepEqual(texts![2], ["ab", "c"]);
  }
});

Deno.test("a column of identifiers does not fill the memory with its texts", async () => {
  const header = "id\n", count = 400_000;
  async function* pieces() {
    yield new TextEncoder().encode(header);
    for (let r = 0; r < count; r += 1000) {
      const ids = Array.from({ length: 1000 }, (_, i) => `row-${r + i}\n`);
      yield new TextEncoder().encode(ids.join(""));
    }
  }
  const { texts, data } = await readSample("t.csv", pieces(), ANY, most(1000));
  assert.ok(texts![0]!.length <= 1000 + 2 ** 16, `${texts![0]!.length}`);
  assert.equal(new Set(data).size, 1000);
});
