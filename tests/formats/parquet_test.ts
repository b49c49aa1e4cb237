/**
 * Parquet. Oracle: the same table as CSV, written by another package and, for every kind of column, by DuckDB
 * (make_parquet_golden.sql).
 */
import assert from "node:assert/strict";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import { parseTimestamp } from "../../src/core/timestamp.ts";
import {
  DataError,
  readAnyColumnNames,
  readAnyTable,
  readTable,
  type Table,
} from "../../src/formats/mod.ts";
import { codecOf } from "../../src/scoring/table/schema.ts";
import { elbow, elbowOk, Folder, QUICK } from "../cli/util.ts";

const ROWS = Array.from({ length: 60 }, (_, r) => ({
  n: r % 7 === 3 ? null : r / 8,
  whole: r % 11,
  text: r % 5 === 0 ? null : ["red", "blue", "gré, en"][r % 3],
  on: r % 2 === 0,
}));

function parquetOf(rows: typeof ROWS): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({
    columnData: [
      { name: "n", data: rows.map(({ n }) => n), type: "DOUBLE" },
      { name: "whole", data: rows.map(({ whole }) => whole), type: "INT32" },
      { name: "text", data: rows.map(({ text }) => text), type: "STRING" },
      { name: "on", data: rows.map(({ on }) => on), type: "BOOLEAN" },
    ],
  }));
}

const LEVELS = codecOf({
  name: "account",
  kind: "categorical",
  levels: ["9007199254740992", "9007199254740993"],
});

const csvOf = (rows: typeof ROWS) =>
  "n,whole,text,on\n" +
  rows.map(({ n, whole, text, on }) => `${n ?? ""},${whole},"${text ?? ""}",${on}\n`).join("");

Deno.test("a Parquet file is the same table as its CSV", async () => {
  const bytes = parquetOf(ROWS), csv = new TextEncoder().encode(csvOf(ROWS));
  // Only CSV has line numbers.
  const { lines: _lines, ...expected } = readTable("t.parquet.csv", csv, { cells: "any" });
  const source = "t.parquet";
  assert.deepEqual(await readAnyTable(source, bytes, { cells: "any" }), { ...expected, source });
  assert.deepEqual(await readAnyColumnNames(source, bytes), ["n", "whole", "text", "on"]);
  const labelled = await readAnyTable(source, bytes, { cells: "any", label: "on", columns: ["n"] });
  assert.deepEqual([...labelled.label!.slice(0, 3)], [1, 0, 1]);
  assert.equal((await readAnyTable("-", bytes, { cells: "any" })).rows, 60);
});

Deno.test("large integers stay distinct in columns that keep their texts, as in CSV", async () => {
  const accounts = [2n ** 53n, 2n ** 53n + 1n, -(2n ** 60n), 7n];
  const bytes = new Uint8Array(parquetWriteBuffer({
    columnData: [{ name: "account", data: accounts, type: "INT64" }],
  }));
  const csv = new TextEncoder().encode(`account\n${accounts.join("\n")}\n`);
  const kept = { texts: new Set(["account"]) };
  for (const cells of [kept, "any", "numbers", (_: string) => LEVELS] as const) {
    const { data, texts } = await readAnyTable("t.parquet", bytes, { cells });
    const expected = readTable("t.csv", csv, { cells });
    assert.deepEqual([data, texts], [expected.data, expected.texts]);
    if (cells === kept) assert.deepEqual(texts![0], accounts.map(String));
  }
});

const TIMES = new Set(["day", "micros", "seconds", "millis", "nanos", "zoned"]);

/** The cells of a column: numbers, texts, seconds since 1970, or null. */
function cellsOf({ columns, data, texts, rows }: Table, c: number): unknown[] {
  return Array.from({ length: rows }, (_, r) => {
    const value = data[r * columns.length + c], text = texts?.[c]?.[value];
    if (Number.isNaN(value)) return null;
    return TIMES.has(columns[c]) ? parseTimestamp(text!) : text ?? value;
  });
}

for (const name of ["duckdb_1", "duckdb_2"]) {
  Deno.test(`every kind of column is read as DuckDB writes it to CSV: ${name}`, async () => {
    const folder = "tests/golden/formats/", source = `${name}.parquet`;
    const csv = readTable("duckdb.csv", Deno.readFileSync(`${folder}duckdb.csv`), { cells: "any" });
    const table = await readAnyTable(source, Deno.readFileSync(folder + source), { cells: "any" });
    assert.deepEqual(table.columns, csv.columns);
    csv.columns.forEach((column, c) => {
      assert.deepEqual(cellsOf(table, c), cellsOf(csv, c), column);
    });
  });
}

Deno.test("flat columns are read beside nested ones, which are refused by name", async () => {
  const bytes = Deno.readFileSync("tests/golden/formats/duckdb_nested.parquet");
  assert.deepEqual(await readAnyColumnNames("t.parquet", bytes), ["i64", "list", "struct", "flag"]);
  await assert.rejects(
    readAnyTable("t.parquet", bytes, { cells: "any" }),
    /t\.parquet, column "list": expected a flat column, got a nested one/,
  );
  const csv = Deno.readFileSync("tests/golden/formats/duckdb.csv"), columns = ["i64", "flag"];
  const expected = readTable("t.csv", csv, { cells: "any", columns });
  for (const choice of [{ columns }, { exclude: ["list", "struct"] }]) {
    const table = await readAnyTable("t.parquet", bytes, { cells: "any", ...choice });
    assert.deepEqual([table.data, table.texts], [expected.data, expected.texts]);
  }
});

Deno.test("Parquet is refused by row and column, or as damaged", async () => {
  const bytes = parquetOf(ROWS);
  await assert.rejects(
    readAnyTable("t.parquet", bytes),
    /t\.parquet, row 1, column "text": expected a finite number/,
  );
  for (const cut of [0, 5, 40, bytes.length - 9]) {
    await assert.rejects(
      readAnyTable("t.parquet", bytes.slice(0, cut), { cells: "any" }),
      DataError,
    );
  }
});

Deno.test("a Parquet file whose numbers of rows disagree is refused as damaged", async () => {
  const bytes = parquetOf(ROWS), tail = bytes.lastIndexOf(2 * ROWS.length);
  const claims = (rows: number) => bytes.with(tail, 2 * rows);
  // The last 120 is the file's number of rows, or that of its row group: 60 as a zigzag varint.
  assert.equal((await readAnyTable("t.parquet", claims(60), { cells: "any" })).rows, 60);
  for (const rows of [0, 59, 61]) {
    await assert.rejects(
      readAnyTable("t.parquet", claims(rows), { cells: "any" }),
      /t\.parquet: expected a complete Parquet file, got a damaged one/,
    );
  }
});

Deno.test("a kind of column that cannot be read is refused by name, and can be left out", async () => {
  const bytes = new Uint8Array(parquetWriteBuffer({
    columnData: [
      { name: "a", data: [1, 2] },
      { name: "span", data: [new Uint8Array(12), new Uint8Array(12)] },
    ],
    schema: [
      { name: "root", num_children: 2 },
      { name: "a", type: "INT32", repetition_type: "REQUIRED" },
      {
        name: "span",
        type: "FIXED_LEN_BYTE_ARRAY",
        type_length: 12,
        converted_type: "INTERVAL",
        repetition_type: "REQUIRED",
      },
    ],
  }));
  await assert.rejects(
    readAnyTable("t.parquet", bytes, { cells: "any" }),
    /t\.parquet, column "span": expected .*, got INTERVAL/,
  );
  const { data } = await readAnyTable("t.parquet", bytes, { cells: "any", exclude: ["span"] });
  assert.deepEqual([...data], [1, 2]);
});

Deno.test("the command line trains on Parquet, and scores it like CSV", async () => {
  using folder = new Folder();
  const data = folder.write("t.parquet", parquetOf(ROWS)), csv = folder.write("t.csv", csvOf(ROWS));
  await elbowOk("train", data, "--out", folder.at("a"), ...QUICK);
  await elbowOk("train", csv, "--out", folder.at("b"), ...QUICK);
  assert.deepEqual(Deno.readFileSync(folder.at("a")), Deno.readFileSync(folder.at("b")));
  const scores = await elbowOk("score", folder.at("a"), data);
  assert.equal(await elbowOk("score", folder.at("a"), csv), scores);
  const bytes = Deno.readFileSync(data);
  const piped = await elbow(["score", folder.at("a"), "-"], {
    stdin: () => Promise.resolve(bytes),
  });
  assert.equal(piped.stdout, scores);
});
