/** Tables: their guarantees, selection of columns and labels, and the choice of a reader. */
import assert from "node:assert/strict";
import { DataError } from "../../src/formats/errors.ts";
import { createTable, readTable, selectColumns, takeLabel } from "../../src/formats/mod.ts";
import { golden, refuses } from "./util.ts";

const source = "t.csv";
const table = createTable({
  columns: ["a", "b", "__proto__"],
  data: new Float64Array([1, 2, 0, 4, 5, -3]),
  rows: 2,
  source,
});

Deno.test("selectColumns() keeps the requested order", () => {
  const selected = selectColumns(table, ["__proto__", "a"]);
  assert.deepEqual(selected.columns, ["__proto__", "a"]);
  assert.deepEqual([...selected.data], [0, 1, -3, 4]);
  assert.equal(selected.rows, 2);
});

Deno.test("takeLabel() takes the column out, and counts any value but 0 as an anomaly", () => {
  const labelled = takeLabel(table, "__proto__");
  assert.deepEqual(labelled.columns, ["a", "b"]);
  assert.deepEqual([...labelled.data], [1, 2, 4, 5]);
  assert.deepEqual([...labelled.label ?? []], [0, 1]);
  assert.equal(Object.keys(Object.prototype).length, 0);
});

Deno.test("the functions for tables refuse unknown and repeated names", () => {
  const error = refuses(
    () => selectColumns(table, ["a", "c"]),
    'Cannot read t.csv, column "c": expected one of the columns "a", "b", "__proto__"',
  );
  assert.equal(error.column, "c");
  assert.equal(error.source, source);
  refuses(
    () => selectColumns(table, ["a", "a"]),
    'Cannot read t.csv, column "a": column names must be unique, got it at positions 1 and 2',
  );
});

Deno.test("createTable() refuses non-finite cells, wrong sizes and empty tables", () => {
  const data = new Float64Array([1, NaN]);
  refuses(
    () => createTable({ columns: ["a"], data, rows: 2, source }),
    'Cannot read t.csv, row 2, column "a": expected a finite number ' +
      "(missing values are not allowed here), got NaN",
  );
  const label = new Float64Array(3);
  refuses(
    () => createTable({ columns: ["a"], data: new Float64Array(2), rows: 2, label, source }),
    "Cannot read t.csv: expected 2 labels, one per row, got 3",
  );
  refuses(
    () => createTable({ columns: ["a"], data: new Float64Array(0), rows: 0, source }),
    "Cannot read t.csv: expected at least one row",
  );
  assert.throws(() => createTable({ columns: ["a"], data, rows: 1, source }), RangeError);
});

Deno.test("a long cell is shortened and escaped in a message", () => {
  const csv = new TextEncoder().encode(`a\n"${"x\n".repeat(200)}"\n`);
  assert.throws(() => readTable("t.csv", csv), (error: unknown) => {
    assert.ok(error instanceof DataError);
    assert.ok(error.message.length < 200 && !error.message.includes("\n"));
    return true;
  });
});

Deno.test("readTable() chooses the reader by extension, or by content for standard input", () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  const inputs: [string, Uint8Array][] = [
    ["dir.csv/T.CSV", encode("a,b\n1,2\n")],
    ["t.tsv", encode("a\tb\n1\t2\n")],
    ["t.jsonl", encode('{"a":1,"b":2}\n')],
    ["t.ndjson", encode("[1,2]")],
    ["-", encode("a,b\n1,2\n")],
    ["-", encode(" [1,2]\n")],
  ];
  for (const [name, bytes] of inputs) {
    const read = readTable(name, bytes);
    assert.deepEqual([...read.data], [1, 2], name);
    assert.equal(read.source, name);
  }
  assert.equal(readTable("-", golden("deflated.npz")).label?.length, 3);
  assert.equal(readTable("-", golden("f8_le_F.npy")).rows, 3);
  assert.deepEqual(
    readTable("x.npz", golden("deflated.npz"), { columns: ["x3", "x0"] }).columns,
    ["x3", "x0"],
  );
});

Deno.test("readTable() lists the formats it reads if it does not know the extension", () => {
  const others = [
    ["t.parquet", '".parquet"'],
    ["dir.csv/table", '""'],
    ["t.xlsx", '".xlsx": save the sheet as CSV'],
    ["t.data", '".data": if it is CSV, call it .csv'],
  ];
  for (const [name, shown] of others) {
    refuses(
      () => readTable(name, new Uint8Array(4)),
      `Cannot read ${name}: file extension must be one of .csv, .tsv, .npy, .npz, .jsonl, .ndjson, .json` +
        `, got ${shown}`,
    );
  }
});
