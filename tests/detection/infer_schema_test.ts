/** Schemas inferred from small tables: types, levels, codes, faults and facts. */
import assert from "node:assert/strict";
import { columnFacts } from "../../src/detection/columns/column_facts.ts";
import { columnWarnings } from "../../src/detection/warnings/column_warnings.ts";
import { inferSchema } from "../../src/detection/columns/infer_schema.ts";
import { rawTableOf } from "../../src/detection/rows/raw_rows.ts";
import { readTable } from "../../src/formats/mod.ts";
import type { TableRows } from "../../src/scoring/table/table_rows.ts";

function inferred(csv: string, ...overrides: Parameters<typeof inferSchema>[1] & object) {
  const bytes = new TextEncoder().encode(csv);
  return inferSchema(readTable("t.csv", bytes, { cells: "any" }), overrides);
}

/** One column of text, as CSV. */
const column = (...cells: unknown[]) => `x,n\n${cells.map((cell) => `${cell},1\n`).join("")}`;

Deno.test("the type of a column follows from its cells", () => {
  const kinds: [string, unknown[]][] = [
    ["numeric", [1.5, -2, 3]],
    ["numeric", [1, 1, 1]],
    ["numeric", ["", "NA", "?"]],
    ["numeric", [1e30, -1, ""]],
    ["positive", [0.001, 5, 2.5]],
    ["numeric", [1.5, 5, 2.5]],
    ["count", [0, 7, 2, ""]],
    ["binary", [0, 1, 1, ""]],
    ["binary", ["no", "yes", "no"]],
    ["binary", ["true", "", "false"]],
    ["categorical", ["a", "b", "c", "a"]],
    ["categorical", ["a", "b", 3]],
    ["timestamp", ["2024-01-01", "2024-01-02T10:00:00Z", ""]],
    ["categorical", ["2024-01-01", "2024-01-32", "2024-01-03"]],
  ];
  for (const [kind, cells] of kinds) {
    assert.equal(inferred(column(...cells)).schema[0].kind, kind, cells.join());
  }
});

Deno.test("levels are the texts that occur at least twice, most frequent first", () => {
  const { schema, cells } = inferred(column("b", "a", "b", "c", "a", "b", "", "7", "07"));
  assert.deepEqual(schema[0], { name: "x", kind: "categorical", levels: ["b", "7", "a"] });
  const codes = Array.from({ length: cells.rows }, (_, r) => cells.data[2 * r]);
  assert.deepEqual(codes, [0, 2, 0, 3, 2, 0, NaN, 1, 1]);
  const many = Array.from({ length: 400 }, (_, r) => `v${r % 100 < 50 ? r % 10 : r % 100}`);
  assert.equal(inferred(column(...many)).schema[0].levels?.length, 60);
  const more = Array.from({ length: 400 }, (_, r) => `v${r % 200}`);
  assert.equal(inferred(column(...more)).schema[0].levels?.length, 64);
});

Deno.test("a text among numbers is refused by its row, unless the column is declared to be text", () => {
  const csv = column(1, 2, "high", 4);
  assert.throws(
    () => inferred(csv),
    /^TypeError: Cannot read row 3, column "x": expected a number, as in most rows of this column \(leave the cell empty if it is missing, or declare the column categorical\), got "high"$/,
  );
  // A second line of a header.
  const units =
    /row 1, column "x": .*\(leave the cell empty if it is missing, delete the row if it holds units, or declare .*got "kg"/;
  assert.throws(() => inferred(column("kg", 2, 3, 4)), units);
  const { schema } = inferred(csv, { name: "x", kind: "categorical", levels: ["high"] });
  assert.deepEqual(schema[0].levels, ["high"]);
  assert.throws(
    () => inferred(csv, { name: "x", kind: "numeric" }),
    /row 3, column "x": expected a finite number, got "high"/,
  );
  assert.throws(
    () => inferred(csv, { name: "y", kind: "numeric" }),
    /the table has no column "y", only "x", "n"/,
  );
});

Deno.test("declarations: codes as categories, grades in order, seconds as times", () => {
  const csv = "code,grade,when\n3,mid,10\n1,low,20\n3,high,30\n1,mid,40\n";
  const { schema, cells } = inferred(
    csv,
    { name: "code", kind: "categorical" },
    { name: "grade", kind: "ordinal", levels: ["low", "mid", "high"] },
    { name: "when", kind: "timestamp" },
  );
  assert.deepEqual(schema.map(({ levels }) => levels), [
    ["1", "3"],
    ["low", "mid", "high"],
    undefined,
  ]);
  assert.deepEqual([...cells.data], [1, 1, 10, 0, 0, 20, 1, 2, 30, 0, 1, 40]);
  const sorted = inferred("g,n\n10,1\n9,1\n10,1\n", { name: "g", kind: "ordinal" });
  assert.deepEqual(sorted.schema[0].levels, ["9", "10"]);
});

Deno.test("rows of a program give the same table as CSV and JSON lines", () => {
  const rows = [
    { n: 1, ok: true, who: "ann", at: new Date("2024-01-01T00:00:00Z") },
    { n: null, ok: false, who: "bob, jr", at: null },
    { n: 2.5, ok: true, who: "ann", at: new Date("2024-01-02T00:00:00Z") },
  ];
  const columns = Object.keys(rows[0]);
  const expected = inferSchema(rawTableOf(rows, columns));
  assert.deepEqual(expected.schema.map(({ kind }) => kind), [
    "numeric",
    "binary",
    "binary",
    "timestamp",
  ]);
  const lists: TableRows = rows.map((row) => Object.values(row));
  assert.deepEqual(inferSchema(rawTableOf(lists, columns)), expected);
  const json = rows.map((row) => JSON.stringify(row)).join("\n");
  const fromJson = readTable("t.jsonl", new TextEncoder().encode(json), { cells: "any" });
  assert.deepEqual(inferSchema(fromJson), expected);
  const csv =
    '\uFEFFn,ok,who,at\r\n1,true,ann,2024-01-01\r\n,false,"bob, jr",\r\n2.5,true,ann,2024-01-02\r\n';
  assert.deepEqual(inferred(csv), expected);
  assert.throws(() => rawTableOf([[1], [Infinity]], ["a"]), /row 2, column "a"/);
  assert.throws(
    () => rawTableOf([[1], [{}]] as unknown as TableRows, ["a"]),
    /row 2, column "a": expected a finite number, a text/,
  );
});

Deno.test("a matrix may lack cells, but must not contain infinity", () => {
  const data = Float64Array.of(1, NaN, 0, 1, NaN, 2);
  const { schema, cells } = inferSchema(rawTableOf({ data, shape: [3, 2] }, ["a", "b"]));
  assert.deepEqual(schema.map(({ kind }) => kind), ["binary", "count"]);
  assert.deepEqual(cells.data, data);
  const bad = { data: Float64Array.of(1, -Infinity), shape: [2, 1] as const };
  assert.throws(() => rawTableOf(bad, ["a"]), /row 2, column "a"/);
});

Deno.test("warnings name constant, empty, duplicate and identifying columns", () => {
  const lines = Array.from({ length: 6 }, (_, r) => `u${r},${r},7,,${r},${r === 5 ? "" : r},${r}`);
  const { schema, cells } = inferred(`id,a,k,none,b,c,d\n${lines.join("\n")}\n`);
  const facts = columnFacts(schema, cells);
  assert.deepEqual(facts, {
    constant: ["k"],
    empty: ["none"],
    identifiers: ["id"],
    duplicates: [["b", "a"], ["d", "a"]],
    mostlyRare: [],
    trending: [],
    ordered: false,
    autocorrelated: [],
    imprecise: [],
    unseenTimes: [],
    missing: [["none", 1], ["c", 1 / 6]],
  });
  assert.deepEqual(columnWarnings(facts), [
    'column "k" never changes: any other value will score high',
    'column "none" has no values',
    'column "id" has a different text in every row: nothing can be learnt from that',
    'column "b" equals "a" in every row',
    'column "d" equals "a" in every row',
  ]);
});

Deno.test("columnFacts() recognises numbers that run like a clock, up or down, but not a few sorted values", () => {
  const rows = 40, columns = ["clock", "falls", "steps", "noise"];
  const data = Float64Array.from({ length: rows * 4 }, (_, i) => {
    const r = Math.floor(i / 4);
    return [1.7e9 + 60 * r, -r, Math.floor(r / 10), (r * 7) % 11][i % 4];
  });
  const schema = columns.map((name) => ({ name, kind: "numeric" as const }));
  const facts = columnFacts(schema, { data, rows });
  assert.deepEqual(facts.trending, ["clock", "falls"]);
  assert.match(
    columnWarnings(facts).join(),
    /columns "clock", "falls" rise or fall from row to row/,
  );
  const time = columnFacts([{ name: "clock", kind: "timestamp" }, ...schema.slice(1)], {
    data,
    rows,
  });
  assert.deepEqual(time.trending, ["falls"]);
});
