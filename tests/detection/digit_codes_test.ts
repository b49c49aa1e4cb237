/**
 * Codes made of digits, such as 01234: kept as text in columns with levels, and reported if they are taken for numbers.
 */
import assert from "node:assert/strict";
import { CsvParts } from "../../src/formats/csv/csv_parts.ts";
import { readTable } from "../../src/formats/mod.ts";
import {
  type ColumnOverride,
  inferSchema,
  readingOf,
} from "../../src/detection/columns/infer_schema.ts";
import { rawTableOf } from "../../src/detection/rows/raw_rows.ts";
import { meaningWarnings } from "../../src/detection/warnings/meaning_warnings.ts";
import { codecOf } from "../../src/scoring/table/schema.ts";
import { elbow, elbowOk, Folder, QUICK } from "../cli/util.ts";

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const DECLARED: readonly ColumnOverride[] = [{ name: "zip", kind: "categorical" }];
const ZIPS = ["1234", "01234", "1234", "1.0", "01234", "", "1.0", "12345678901234567890", "NA"];
const LEVELS = ["1.0", "01234", "1234"];

Deno.test("a column declared to have levels keeps its texts, from files and from programs", () => {
  const csv = encode(`zip,n\n${ZIPS.map((zip, r) => `${zip},${r}\n`).join("")}`);
  const semicolons = encode(new TextDecoder().decode(csv).replaceAll(",", ";"));
  const rows = ZIPS.map((zip, n) => ({ zip: zip || null, n }));
  const json = encode(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const cells = readingOf(DECLARED);
  const parts = new CsvParts({ cells, separator: "," });
  for (let at = 0; at < csv.length; at += 5) parts.push(csv.slice(at, at + 5));
  parts.end();
  const tables = [
    readTable("t.csv", csv, { cells }),
    readTable("t.csv", semicolons, { cells }),
    readTable("t.jsonl", json, { cells }),
    parts.take()!,
    rawTableOf(rows, ["zip", "n"], { schema: DECLARED }),
  ];
  for (const table of tables) {
    const { schema, cells: { data } } = inferSchema(table, DECLARED);
    assert.deepEqual(schema[0].levels, LEVELS);
    const codes = Array.from(ZIPS, (_, r) => data[2 * r]);
    assert.deepEqual(codes, [2, 1, 2, 0, 1, NaN, 0, 3, NaN]);
    // Declaring one column does not change the others.
    assert.equal(schema[1].kind, "count");
  }
  // Without a declaration they are numbers.
  assert.equal(inferSchema(readTable("t.csv", csv, { cells: "any" })).schema[0].kind, "count");
});

Deno.test("a level is recognised by its text, and by its number unless a number would lose digits", () => {
  const { encode: codeOf } = codecOf({ name: "zip", kind: "categorical", levels: LEVELS });
  const cells: [unknown, number][] = [
    ["01234", 1],
    [" 01234 ", 1],
    ["1234", 2],
    [1234, 2],
    ["1234.0", 2],
    ["001234", 3],
    ["1.0", 0],
    [1, 0],
    ["1", 0],
    ["01", 3],
    ["12345678901234567890", 3],
    [null, NaN],
    [true, 3],
  ];
  for (const [cell, code] of cells) assert.equal(codeOf(cell), code, `${cell}`);
  const long = codecOf({
    name: "iban",
    kind: "categorical",
    levels: ["12345678901234567890", "7"],
  });
  assert.equal(long.encode("12345678901234567890"), 0);
  assert.equal(long.encode("12345678901234567891"), 2, "another account");
  assert.equal(long.encode("07"), 2);
});

Deno.test("a model whose levels are ordinary numbers reads all cells as before", () => {
  const { encode: codeOf } = codecOf({
    name: "zip",
    kind: "categorical",
    levels: ["1234", "12345678901234567000", "a b", "true"],
  });
  const cells: [unknown, number][] = [
    ["01234", 0],
    ["1234.0", 0],
    ["+1234", 0],
    [1234, 0],
    ["12345678901234567890", 1],
    [" a b ", 2],
    [true, 3],
    ["0a b", 4],
    ["?", NaN],
  ];
  for (const [cell, code] of cells) assert.equal(codeOf(cell), code, `${cell}`);
});

Deno.test("a report names columns of undeclared codes: whole numbers, some with leading zeros", () => {
  const said = (cells: readonly string[], declared: readonly ColumnOverride[] = []) => {
    const table = readTable(
      "t.csv",
      encode(`zip,n\n${cells.map((cell) => `${cell},1\n`).join("")}`),
      {
        cells: readingOf(declared),
      },
    );
    return meaningWarnings(table, inferSchema(table, declared).schema, declared).join();
  };
  assert.match(said(["90210", "01234"]), /^column "zip" holds digits with leading zeros/);
  assert.match(said(["00", "01", "01"]), /^column "zip" holds digits/);
  assert.match(said(["A1", "B2", "01", "1"]), /^column "zip" holds .*its digits are read as num/);
  assert.equal(said(["A1", "B2", "1"]), "");
  assert.equal(said(["90210", "01234"], [{ name: "zip", kind: "count" }]), "");
  assert.equal(said(["90210", "01234"], DECLARED), "");
  for (
    const numbers of [["0", "10"], ["0.5", "10"], ["01.5", "2"], ["-01", "-2"], ["01", "-2.5"]]
  ) {
    assert.equal(said(numbers), "", numbers.join());
  }
});

Deno.test("amounts are recognised by a currency sign or code", () => {
  const read = (cell: string) => {
    const table = readTable("t.jsonl", encode(`{"x":${JSON.stringify(cell)}}\n`), { cells: "any" });
    const { schema, cells } = inferSchema(table);
    return schema[0].format && cells.data[0];
  };
  const amounts = ["EUR 12", "12 EUR", "1,234.50CHF", "$ 3", "USD -7", "-£3", "12,5 %"];
  assert.deepEqual(amounts.map(read), [12, 12, 1234.5, 3, -7, -3, 12.5]);
  for (const cell of ["12 KGS", "EUR", "EURO 12", "12 eur", "A12"]) {
    assert.equal(read(cell), undefined, cell);
  }
});

Deno.test("train keeps declared codes, and score recognises them in CSV, in JSON and as numbers", async () => {
  using folder = new Folder();
  const rows = Array.from(
    { length: 120 },
    (_, r) => [["01234", "1234", "90210"][r % 3], (r % 3) + (r % 7) / 10],
  );
  const csv = folder.write("t.csv", `zip,n\n${rows.map((row) => `${row.join()}\n`).join("")}`);
  const model = folder.at("m");
  const { stderr } = await elbow(["train", csv, "--out", folder.at("plain"), ...QUICK]);
  assert.match(
    stderr,
    /column "zip" holds digits [^\n]* declare it categorical \(--column zip=categorical\)/,
  );
  const kept = await elbow(["train", csv, "--out", model, "--column", "zip=categorical", ...QUICK]);
  assert.doesNotMatch(kept.stderr, /column "zip" holds/);
  const schema = folder.write(
    "schema.json",
    '[{"name":"zip","kind":"categorical"},{"name":"wide","kind":"ordinal"}]',
  );
  await elbowOk("train", csv, "--out", folder.at("same"), "--schema", schema, ...QUICK);
  assert.deepEqual(Deno.readFileSync(folder.at("same")), Deno.readFileSync(model));
  const scores = async (name: string, text: string) =>
    (await elbowOk("score", model, folder.write(name, text))).trimEnd().split("\n").slice(1)
      .map((line) => line.split(",")[1]);
  const [lost, whole, short, other] = await scores(
    "s.csv",
    "zip,n\n1234,0.2\n01234,0.2\n1234,1.2\n01235,1.2\n",
  );
  assert.equal(new Set([lost, whole, short, other]).size, 4);
  const lines =
    '{"zip":1234,"n":0.2}\n{"zip":"01234","n":0.2}\n{"zip":"1234","n":1.2}\n{"zip":"01235","n":1.2}\n';
  assert.deepEqual(await scores("s.jsonl", lines), [lost, whole, short, other]);
});
