/** Parquet. Oracle: the same table as CSV, written by another package. */
import assert from "node:assert/strict";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import { DataError, readAnyColumnNames, readAnyTable, readTable } from "../../src/formats/mod.ts";
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
