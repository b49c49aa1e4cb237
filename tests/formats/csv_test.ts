/** CSV: accepted dialects, and every refusal with its message. */
import assert from "node:assert/strict";
import { CsvReader, readCsv } from "../../src/formats/mod.ts";
import { lineOf } from "../../src/formats/table.ts";
import { fuzz, refusalOf, refuses, seededIntegers } from "./util.ts";

const source = "t.csv";
const read = (text: string, options = {}) => readCsv(text, { source, ...options });

Deno.test("readCsv() reads separators, quotes, CRLF, a byte order mark and trailing blank lines", () => {
  const dialects = [
    "a,b\n1,-2.5e3\n.5,+4\n",
    "a;b\r\n1;-2500\r\n0.5;4",
    "a|b\n1|-2500\n0.5|4\n",
    "a\tb\n1\t-2500\n0.5\t4\n\n \n",
    '\uFEFF"a","b"\r\n"1","-2500"\r\n"0.5" ,  4  \r\n',
    " a , b \n1,-2500\n0.5,4\n",
  ];
  for (const text of dialects) {
    for (const input of [text, new TextEncoder().encode(text)]) {
      const table = readCsv(input, { source });
      assert.deepEqual(table.columns, ["a", "b"], text);
      assert.deepEqual([...table.data], [1, -2500, 0.5, 4], text);
      assert.equal(table.rows, 2);
      assert.equal(table.label, undefined);
    }
  }
});

Deno.test("readCsv() keeps float64 values exactly and accepts 1e30", () => {
  const values = [1e30, -1e300, 5e-324, 0.1, 9007199254740993, -0];
  const table = read(`v\n${values.map((value) => Object.is(value, -0) ? "-0" : value).join("\n")}`);
  assert.deepEqual([...table.data], values);
});

Deno.test("a header name may hold separators, quotes and line breaks, and may be __proto__", () => {
  const table = read('"a,""b""\nc",__proto__\n1,2\n');
  assert.deepEqual(table.columns, ['a,"b"\nc', "__proto__"]);
  assert.deepEqual([...table.data], [1, 2]);
});

Deno.test("a label column may have words or numbers, and is taken out", () => {
  const words = "normal,Anomaly,o,N,true,FALSE,yes,no,0,1,-3,0.0,outlier,inlier".split(",");
  const table = read(`y,a\n${words.map((word, i) => `${word},${i}`).join("\n")}`, { label: "y" });
  assert.deepEqual(table.columns, ["a"]);
  assert.deepEqual([...table.label ?? []], [0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0]);
  assert.equal(table.data[13], 13);
  refuses(
    () => read("y,a\n0,1\nmaybe,2\n", { label: "y" }),
    'Cannot read t.csv, row 2 (line 3), column "y": expected a label (a number, true or false, ' +
      'yes or no, anomaly or normal, outlier or inlier, o or n), got "maybe"',
  );
});

Deno.test("columns that are left out may have text", () => {
  const table = read("id,a,b\nx,1,2\n,3,4\n", { columns: ["b", "a"] });
  assert.deepEqual([...table.data], [2, 1, 4, 3]);
  refuses(
    () => read("a,b\n1,2\n", { columns: ["a"], label: "a" }),
    'Cannot read t.csv, column "a": expected either the label or a data column, got both',
  );
  refuses(
    () => read("a\n1\n", { label: "a" }),
    "Cannot read t.csv: expected at least one data column",
  );
});

const MISSING = "a finite number (missing values are not allowed here)";
const REFUSALS: [string, string, string][] = [
  [
    "empty file",
    "",
    "expected a header line followed by data rows, got an empty file",
  ],
  [
    "blank file",
    "\n\n",
    "expected a header line followed by data rows, got an empty file",
  ],
  [
    "header only",
    "a,b\n",
    "expected a header line followed by data rows, got a header line only",
  ],
  [
    "no header",
    "1,2\n3,4\n",
    'line 1: expected a header line of column names, got "1, 2", which are all numbers: put a line with a name for each column above it',
  ],
  [
    "unnamed column",
    "a,\n1,2\n",
    'row 1 (line 2): expected nothing in cell 2, which has no name in the header (name it there, or delete lines of a title above the header), got "2"',
  ],
  [
    "only unnamed columns",
    ",\n1,2\n",
    "line 1: expected a header line of column names, got empty cells",
  ],
  [
    "a line for Excel",
    "sep=;\na;b\n1;2\n",
    'line 1: expected a header line of column names, got "sep=", which is for Excel: leave out this line',
  ],
  [
    "lines of old Macintoshes",
    "a,b\r1,2\r",
    'line 1: expected a header line of column names, got "b\\r1", where lines end with CR alone (save it with LF, or CR and LF)',
  ],
  [
    "cells divided by spaces",
    "a b c\n1 2 x\n",
    'line 1: expected cells separated by commas, semicolons, tabs or vertical bars, got "a b c"',
  ],
  [
    "title",
    "Report of March\na,b\n1,2\n",
    'row 1 (line 2): expected 1 cell, as in the header "Report of March", got 2 (delete titles above the header)',
  ],
  [
    "separators at the end of rows alone",
    "a,b\n1,2,\n",
    "row 1 (line 2): expected 2 cells, as in the header, got 3, of which the last is empty",
  ],
  [
    "repeated name",
    "a,b,a\n1,2,3\n",
    'column "a": column names must be unique, got it at positions 1 and 3: rename one of them in the file',
  ],
  [
    "short row",
    "a,b\n1,2\n3\n",
    "row 2 (line 3): expected 2 cells, as in the header, got 1",
  ],
  [
    "long row",
    "a,b\n1,2,3\n",
    "row 1 (line 2): expected 2 cells, as in the header, got 3 (if rows have labels, the header needs a cell for them, which may be empty)",
  ],
  [
    "blank line",
    "a\n1\n\n2\n",
    'row 2 (line 3): expected 1 cell, as in the header "a" (NA if its value is missing), got a blank line',
  ],
  [
    "title and blank line",
    "Report,2024\n\na,b,c\n1,2,3\n",
    "row 1 (line 2): expected 2 cells, as in the header, got a blank line (delete titles above the header)",
  ],
  [
    "two titles and a blank line",
    "Report of March\n2024\n\na,b\n1,2\n",
    'row 2 (line 3): expected 1 cell, as in the header "Report of March" (NA if its value is missing; delete titles above the header), got a blank line',
  ],
  [
    "two titles",
    "Report of March\n2024\na,b\n1,2\n",
    'row 2 (line 3): expected 1 cell, as in the header "Report of March", got 2 (delete titles above the header)',
  ],
  ["blank first line", "\na\n1\n", "line 1: expected the header line, got a blank line"],
  [
    "text",
    "a,b\n1,x y\n",
    'row 1 (line 2), column "b": expected a finite number, got "x y"',
  ],
  [
    "infinity",
    "a\ninf\n",
    'row 1 (line 2), column "a": expected a finite number, got "inf"',
  ],
  [
    "Infinity",
    "a\nInfinity\n",
    'row 1 (line 2), column "a": expected a finite number, got "Infinity"',
  ],
  [
    "overflow",
    "a\n1e999\n",
    'row 1 (line 2), column "a": expected a finite number, got "1e999"',
  ],
  [
    "hexadecimal",
    "a\n0x10\n",
    'row 1 (line 2), column "a": expected a finite number, got "0x10"',
  ],
  [
    "decimal comma",
    'a,b\n"1,5",2\n',
    'row 1 (line 2), column "a": expected a finite number, got "1,5"',
  ],
  ["nan", "a\nNaN\n", `row 1 (line 2), column "a": expected ${MISSING}, got "NaN"`],
  ["empty cell", "a,b\n1,\n", `row 1 (line 2), column "b": expected ${MISSING}, got ""`],
  [
    "space cell",
    "a,b\n ,1\n",
    `row 1 (line 2), column "a": expected ${MISSING}, got " "`,
  ],
  [
    "line after a quoted break",
    '"a\nb",c\n1,2\n3,x\n',
    'row 2 (line 4), column "c": expected a finite number, got "x"',
  ],
  [
    "open quote",
    'a\n1\n"2\n3\n',
    "line 3: expected a closing quote at the end of each quoted cell",
  ],
  [
    "text after quote",
    'a,b\n"1"x,2\n',
    "line 2: expected a closing quote at the end of each quoted cell",
  ],
];

for (const [name, text, message] of REFUSALS) {
  Deno.test(`readCsv() refuses: ${name}`, () => {
    refuses(() => read(text), refusalOf("t.csv", message));
  });
}

Deno.test("readCsv() names standard input, reports the place, and refuses text that is not UTF-8", () => {
  const error = refuses(
    () => readCsv("a\n1\nx"),
    'Cannot read standard input, row 2 (line 3), column "a": expected a finite number' +
      ', got "x"',
  );
  assert.deepEqual([error.row, error.line, error.column], [2, 3, "a"]);
  assert.equal(error.expected, "a finite number");
  const latin = new Uint8Array([0x61, 0x0a, 0xe4]);
  const told = "Cannot read t.csv: expected UTF-8 text, got";
  refuses(() => readCsv(latin, { source }), `${told} bytes of another encoding`);
  const wide = new Uint8Array([0xff, 0xfe, 0x61, 0]);
  refuses(() => readCsv(wide, { source }), `${told} UTF-16 text`);
  const packed = new Uint8Array([0x1f, 0x8b, 8, 0]);
  refuses(
    () => readCsv(packed, { source }),
    `${told} compressed by gzip (unpack it, or name the file .gz)`,
  );
});

Deno.test("CsvReader gives the same table however the text is cut", () => {
  const text = 'name,"b\r\n""c",y\r\n"1",2,yes\r\n3,"4",no\r\n5,6,"o"\r\n';
  const whole = read(text, { label: "y" });
  const next = seededIntegers(7);
  for (let round = 0; round < 200; round++) {
    const reader = new CsvReader({ source, label: "y" });
    for (let at = 0; at < text.length;) {
      const end = at + 1 + next(7);
      reader.push(text.slice(at, end));
      at = end;
    }
    assert.deepEqual(reader.finish(), whole);
  }
});

Deno.test("memory for the lines of multi-line rows is limited", () => {
  const rows = 70_000, row = '"a\nb",1\n';
  const { lines } = readCsv(`t,n\n${row.repeat(rows)}`, { cells: "any" });
  assert.ok(lines!.length <= 2 ** 16 + 1);
  assert.equal(lineOf(lines, 60_000), 2 + 2 * 59_999);
  assert.equal(lineOf(lines, rows), undefined);
});

Deno.test("row numbers are right beyond the first block of bytes", () => {
  const text = `a,b\n${"1,2\n".repeat(600_000)}3,x\n`;
  const error = refuses(
    () => readCsv(new TextEncoder().encode(text), { source }),
    'Cannot read t.csv, row 600001 (line 600002), column "b": expected a finite number' +
      ', got "x"',
  );
  assert.equal(error.row, 600_001);
});

Deno.test("no text takes more than linear time", () => {
  const hostile = ['"', '""', '"a', '" ', ",", "\n", '"\n', "\r", " ", '","', "0", "-"];
  for (const unit of hostile) {
    const text = `a,b\n${unit.repeat(100_000)}`;
    const start = performance.now();
    assert.throws(() => read(text), TypeError);
    // Linear work takes some 10 ms here; quadratic work on 100 kB takes seconds.
    assert.ok(performance.now() - start < 1000, JSON.stringify(unit));
  }
});

Deno.test("fuzz: CSV is read, or refused with an error of ours", () => {
  const bytes = new TextEncoder().encode('"a",b;c\n1,2,yes\n"3",4e2,no\n5,-.6,o\n');
  fuzz(bytes, 2000, (mutant) => readCsv(mutant, { label: "b;c" }));
  fuzz(bytes, 1000, (mutant) => readCsv(mutant));
});

Deno.test("a decimal comma is read if cells are not separated by commas", () => {
  const text = "a;b;c;d\n3,14;-2;x;1\n,5;1,5e2;7,5;15\n12;+0,25;;2\n";
  const table = read(text, { cells: "any" });
  assert.deepEqual([...table.data].filter((_, i) => i % 4 < 2), [3.14, -2, 0.5, 150, 12, 0.25]);
  // A column with any other text stays text.
  assert.deepEqual(table.texts?.[2], ["x", "7,5"]);
  assert.deepEqual([table.data[3], table.data[7]], [1, 15]);
  // 15.125 may be fifteen thousand.
  refuses(
    () => read(text.replace(";15\n", ";15.125\n"), { cells: "any" }),
    'Cannot read t.csv, row 2 (line 3), column "d": expected a decimal comma, as in column "a" (or declare the ' +
      "column numeric:1.234,50 or numeric:1,234.50, whichever is its format), got 15.125",
  );
  const numbers = read("a\tb\n3,14\t1.5\n2\t1\n");
  assert.deepEqual([...numbers.data], [3.14, 1.5, 2, 1]);
  assert.deepEqual(read('a,b\n"3,14",1\n', { cells: "any" }).texts?.[0], ["3,14"]);
});

Deno.test("a column with both marks is refused, because 1,234 may be a thousand", () => {
  refuses(
    () => read("a;b\n0.5;1\n1,234;2\n"),
    'Cannot read t.csv, row 2 (line 3), column "a": expected a number with a decimal point, ' +
      'as elsewhere in the file, got "1,234"',
  );
  refuses(
    () => read("a;b\n0,5;1\n1.234;2\n"),
    'Cannot read t.csv, row 2 (line 3), column "a": expected a number with a decimal comma, ' +
      'as elsewhere in the file, got "1.234"',
  );
});
