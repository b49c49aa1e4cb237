/**
 * A sample of the rows of a file. Oracles: the same file read whole; the distribution of a uniform sample without
 * replacement.
 */
import assert from "node:assert/strict";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import { readTable, type Table } from "../../src/formats/mod.ts";
import { sampleOf } from "../../src/formats/sample/read_sample.ts";
import { RowSample } from "../../src/formats/sample/row_sample.ts";
import { openFile } from "../../src/formats/sample/table_parts.ts";
import { ANY, KEYED, most, read, readSample, TestFile } from "./in_pieces.ts";

const LONG = "x,kind,id,y\n" +
  Array.from({ length: 6000 }, (_, r) => `${r / 4},${["a", "b"][r % 2]},n${r},${+(r % 10 === 0)}\n`)
    .join("");

Deno.test("a sample has the rows of the file by their numbers, whatever the pieces and the format", async () => {
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
  const { lines: _, ...unlined } = table, file = new TestFile(new Uint8Array(bytes));
  const parquet = await sampleOf(openFile("t.csv", file, ".parquet"), options, sample);
  assert.ok(file.isClosed);
  assert.deepEqual(parquet, { ...unlined, drawn });
  const other = await read("t.csv", LONG, 1000, { ...sample, seed: 4 }, options);
  assert.notDeepEqual(other.drawn!.numbers, numbers);
});

Deno.test("columns that appear late take no more memory than the sampled rows", () => {
  const count = 20_000, late = 400, stay = 49;
  const part = (columns: number, from: number, rows: number): Table => ({
    columns: Array.from({ length: columns }, (_, c) => `k${c}`),
    data: Float64Array.from({ length: columns * rows }, (_, i) => from + i),
    rows,
    source: "-",
  });
  const drawn = (maxRows: (columns: number) => number, columns: number) => {
    const sample = new RowSample({ maxRows, seed: 3 });
    sample.add(part(1, 0, count));
    sample.add(part(columns, count, 1));
    return sample.finish();
  };
  const wide = drawn((columns) => Math.floor(count / columns), 1 + late);
  const narrow = drawn(() => stay, 1);
  // A thousand more rows may wait before the excess is dropped.
  assert.ok(wide.data.buffer.byteLength <= 8 * (stay + 1024) * (1 + late));
  assert.deepEqual([wide.rows, wide.columns.length, wide.drawn!.rows], [stay, 1 + late, count + 1]);
  assert.deepEqual(wide.drawn!.numbers, narrow.drawn!.numbers);
  const of = (c: number) => Array.from({ length: stay }, (_, r) => wide.data[r * (1 + late) + c]);
  assert.deepEqual(of(0), [...narrow.data]);
  assert.ok(wide.drawn!.numbers.at(-1) === count + 1 || of(late).every(Number.isNaN));
  assert.equal(wide.drawn!.columns[late].largest, count + late);
  assert.equal(wide.drawn!.columns[0].largest, count);
});

Deno.test("a key that appears late is missing in earlier rows, sampled or not", async () => {
  const sample = { maxRows: (columns: number) => Math.floor(2000 / columns), seed: 1 };
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
  // Not where no cell may be missing.
  const numbers = '{"a":1}\n{"a":2}\n{"a":3,"b":4}\n';
  for (const size of [1, 100]) {
    await assert.rejects(
      read("t.jsonl", numbers, size, most(9), {}),
      /row 1 .*column "b": .*missing/,
    );
  }
});

Deno.test("a label whose values cannot be recognised is left out from the first part on, and reported once", async () => {
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
      assert.match(said[0], /row 4001.*"y"/);
    }
  }
});

Deno.test("if a numeric column has its first text late, its earlier numbers are counted as texts too", async () => {
  const text = `n\n${Array.from({ length: 5000 }, (_, r) => r === 4500 ? "x" : `${r}`).join("\n")}`;
  const drawn = await read("t.csv", text, 1000, most(100));
  const [{ smallest, largest, numbers, others, firstText }] = drawn.drawn!.columns;
  assert.deepEqual([smallest, largest, numbers, others], [0, 4999, 4999, 1]);
  assert.deepEqual(firstText, { row: 4501, text: "x", isForeign: false });
  assert.deepEqual(await read("t.csv", text, 1 << 20, most(100)), drawn);
});

Deno.test("if order matters, the last rows are kept", async () => {
  const { drawn, data } = await read("t.csv", LONG, 500, { ...most(100), latest: true });
  assert.deepEqual([...drawn!.numbers], Array.from({ length: 100 }, (_, i) => 5901 + i));
  assert.equal(data[0], 5900 / 4);
});

Deno.test("of several series as many of the last rows are kept of each, as far as it has them, in any order", async () => {
  const lengths = { a: 4000, b: 10, c: 2500, d: 1500 };
  const stacked = Object.entries(lengths).flatMap(([name, length]) =>
    Array.from({ length }, (_, t) => [name, t] as const)
  );
  const inTurn = stacked.toSorted((x, y) => x[1] - y[1]);
  const numbered = stacked.map(([name, t]) => [name.charCodeAt(0), t] as const);
  for (const rows of [stacked, inTurn, numbered]) {
    const text = ["s,t", ...rows.map((row) => row.join(",")), ""].join("\n");
    for (const size of [300, 1 << 20]) {
      const options = { ...most(100), latest: true, by: "s" };
      const { drawn, data, texts } = await read("t.csv", text, size, options);
      const kept = new Map<string, number[]>();
      for (let r = 0; r < 100; r++) {
        const name = texts?.[0]?.[data[2 * r]] ?? String.fromCharCode(data[2 * r]);
        kept.set(name, [...kept.get(name) ?? [], data[2 * r + 1]]);
      }
      assert.deepEqual(drawn!.by, "s");
      for (const [name, length] of Object.entries(lengths)) {
        const own = kept.get(name)!, { length: count } = own;
        assert.ok(count === 10 ? name === "b" : count === 30, `${name}: ${count}`);
        assert.deepEqual(own, Array.from({ length: count }, (_, i) => length - count + i));
      }
    }
  }
});

Deno.test("every row is equally likely to be kept: uniform without replacement", () => {
  const rows = 3000, kept = 100, seeds = 300, block = 100;
  const counts = new Float64Array(rows / block);
  const data = Float64Array.from({ length: rows }, (_, r) => r);
  for (let seed = 0; seed < seeds; seed++) {
    const sample = new RowSample({ ...most(kept), seed });
    sample.add({ columns: ["x"], data, rows, source: "-" });
    for (const row of sample.finish().data) counts[Math.floor(row / block)]++;
  }
  // Hypergeometric: one run in 3,500 has any of 40 counts 4.5 standard errors off.
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

Deno.test("facts about a column include the rows that were dropped", async () => {
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
