/** Schemas: what is read, what is refused, and which number encodes which cell. Expected values are written by hand. */
import assert from "node:assert/strict";
import { Detector } from "../../src/detection/detector.ts";
import { parseTimestamp } from "../../src/core/timestamp.ts";
import { WrittenForms } from "../../src/formats/sample/written_forms.ts";
import { codecOf, type ColumnSchema, parseSchema } from "../../src/scoring/table/schema.ts";

const COLOUR: ColumnSchema = { name: "colour", kind: "categorical", levels: ["red", "7", "été"] };

Deno.test("a schema survives JSON, and an invalid one is refused by the name of what is wrong", () => {
  const schema: ColumnSchema[] = [{ name: "a", kind: "count" }, COLOUR, {
    name: "__proto__",
    kind: "binary",
    levels: ["no", "yes"],
  }];
  assert.deepEqual(parseSchema("schema", JSON.parse(JSON.stringify(schema))), schema);
  const refused: [unknown, RegExp][] = [
    [{}, /Cannot read schema: expected a list of columns/],
    [[{ name: 1, kind: "count" }], /schema\[0\]\.name: expected a text/],
    [[{ name: "a", kind: "counts" }], /schema\[0\]\.kind/],
    [[{ name: "a", kind: "count", unit: "m" }], /unknown key "unit"/],
    [[{ name: "a", kind: "count", levels: ["1"] }], /a count column has no levels/],
    [
      [{ name: "a", kind: "binary", levels: ["x", "y"], format: "dmy" }],
      /\[0\]\.format: a binary column has no format/,
    ],
    [[{ name: "a", kind: "binary" }], /schema\[0\]\.levels: expected a list of texts/],
    [[{ name: "a", kind: "binary", levels: [0, 1] }], /expected a list of texts/],
    [[{ name: "a", kind: "binary", levels: ["x", "x"] }], /level "x" is listed twice/],
    [[{ name: "a", kind: "count" }, { name: "a", kind: "count" }], /column "a" is listed twice/],
  ];
  for (const [value, message] of refused) {
    assert.throws(() => parseSchema("schema", value), message);
  }
});

Deno.test("cells of a column with levels become codes; any other text gets the code after the last", () => {
  const { encode } = codecOf(COLOUR);
  for (
    const [cell, code] of [["red", 0], [" red ", 0], [7, 1], ["7.0", 1], ["été", 2]] as const
  ) {
    assert.equal(encode(cell), code, `${cell}`);
  }
  for (const unseen of ["Red", true, 8, "1e999", Infinity]) {
    assert.equal(encode(unseen), 3, `${unseen}`);
  }
  for (const missing of [null, undefined, NaN, "", " ", "NA", "null", "?"]) {
    assert.ok(Number.isNaN(encode(missing)), `${missing}`);
  }
  assert.equal(encode({}), undefined);
  assert.equal(encode(["red"]), undefined);
  const flag = codecOf({ name: "f", kind: "binary", levels: ["false", "true"] });
  assert.deepEqual([false, true, "true", "maybe"].map((cell) => flag.encode(cell)), [0, 1, 1, 2]);
  // As spreadsheets, Python, JSON and some tables have them; of other texts the case counts.
  const cells = [false, true, "true", "FALSE", "True"];
  for (const levels of [["FALSE", "TRUE"], ["False", "True"], ["false", "true"]]) {
    const { encode } = codecOf({ name: "f", kind: "binary", levels });
    assert.deepEqual(cells.map(encode), [0, 1, 1, 0, 1], `${levels}`);
  }
  assert.deepEqual(
    cells.map(codecOf({ name: "f", kind: "binary", levels: ["0", "1"] }).encode),
    [0, 1, 2, 2, 2],
  );
  const yes = codecOf({ name: "f", kind: "binary", levels: ["No", "Yes"] });
  assert.deepEqual(["No", "no", "YES", true].map(yes.encode), [0, 2, 2, 2]);
});

Deno.test("numbers stay as they are; text in a column of numbers is refused", () => {
  for (const kind of ["numeric", "positive", "count"] as const) {
    const { encode } = codecOf({ name: "n", kind });
    assert.deepEqual([-3, "2.5", " 1e3", true, "-.5"].map(encode), [-3, 2.5, 1000, 1, -0.5]);
    const spellings = "n/a n.a. N.A <NA> (null) \\N -- – — . 0000-00-00 #DIV/0! #VALUE! -nan".split(
      " ",
    );
    for (const missing of [null, undefined, NaN, "", ...spellings]) {
      assert.ok(Number.isNaN(encode(missing)));
    }
    for (const bad of ["high", "1,5", "0x10", Infinity, "inf", {}]) {
      assert.equal(encode(bad), undefined);
    }
  }
});

Deno.test("numbers are times in seconds, milliseconds, microseconds or nanoseconds; larger ones are none", () => {
  const { encode } = codecOf({ name: "t", kind: "timestamp" });
  for (const unit of [1, 1e3, 1e6, 1e9]) {
    assert.equal(encode(1.7e9 * unit), 1.7e9);
    assert.equal(encode(`${-1.7e9 * unit}`), -1.7e9);
  }
  for (const none of [1e20, 1e300, "1e300", "-1e300"]) assert.equal(encode(none), undefined);
  assert.ok(Number.isNaN(encode("")));
});

Deno.test("times become seconds since 1970, as Date gives them", () => {
  const { encode } = codecOf({ name: "t", kind: "timestamp" });
  const forms: [string, string][] = [
    ["2024-03-09", "2024-03-09T00:00:00Z"],
    ["2024-03-09 10:14", "2024-03-09T10:14:00Z"],
    [" 2024-03-09 10:14:33.25 ", "2024-03-09T10:14:33.250Z"],
    ["2024-02-29T23:59:59+05:30", "2024-02-29T18:29:59Z"],
    ["1969-12-31T23:00:00-0100", "1970-01-01T00:00:00Z"],
    ["2024-03-09 10:14:33.25+01", "2024-03-09T09:14:33.250Z"],
    ["2024-03-09 10:14:33,25 UTC", "2024-03-09T10:14:33.250Z"],
    ["20240309T101433Z", "2024-03-09T10:14:33Z"],
    ["0001-01-01", "0001-01-01T00:00:00Z"],
    ["9 Mar 2024", "2024-03-09T00:00:00Z"],
    ["March 9, 2024 2:05 pm", "2024-03-09T14:05:00Z"],
    ["09-MAR-24", "2024-03-09T00:00:00Z"],
    ["20-Jul-69", "1969-07-20T00:00:00Z"],
    ["20-Jul-68", "2068-07-20T00:00:00Z"],
    ["9. September 1970", "1970-09-09T00:00:00Z"],
    ["1st Sept 2024", "2024-09-01T00:00:00Z"],
    ["09May2024", "2024-05-09T00:00:00Z"],
    ["Sat, 09 Mar 2024 10:14:33 +0530", "2024-03-09T04:44:33Z"],
    ["Sat Mar  9 10:14:33 2024", "2024-03-09T10:14:33Z"],
    ["Sat Mar 09 10:14:33 +0100 2024", "2024-03-09T09:14:33Z"],
    ["09/Mar/2024:10:14:33 +0000", "2024-03-09T10:14:33Z"],
  ];
  for (const [text, instant] of forms) {
    assert.equal(encode(text), Date.parse(instant) / 1000, text);
    assert.equal(encode(new Date(instant)), Date.parse(instant) / 1000);
  }
  assert.equal(encode(1.5e9), 1.5e9);
  for (const thousands of [1, 2, 3]) assert.equal(encode(1.5e9 * 1000 ** thousands), 1.5e9);
  assert.ok(Number.isNaN(encode(new Date(NaN))));
  const none = ["2023-02-29", "2024-13-01", "2024-01-01T24:00", "09/03/2024", "soon"];
  const named = [
    "9 Mai 2024",
    "31 Feb 2024",
    "Mar-24",
    "Marble 9 2024",
    "Lot 9 Mar 2024",
    "9 Mar 20241",
  ];
  for (const text of [...none, ...named, "2024-03-09-05", "2024-01-01 10:00 EST"]) {
    assert.ok(Number.isNaN(parseTimestamp(text)), text);
    assert.equal(encode(text), undefined);
  }
  assert.equal(encode(true), undefined, "no second of 1970");
});

Deno.test("a cell of a million spaces is read in no time", () => {
  const spaces = " ".repeat(1e6);
  const time = codecOf({ name: "t", kind: "timestamp", format: "dmy" });
  const amount = codecOf({ name: "a", kind: "numeric", format: "1.234,50" });
  const percent = codecOf({ name: "p", kind: "numeric", format: "1,234.50 %" });
  for (
    const start of [
      "",
      "2024-03-09",
      "9.3.2024 10:14",
      "9.3.2024 2:05 PM",
      "(",
      "-",
      "EUR",
      "1.234",
      "1,5",
    ]
  ) {
    for (const { encode } of [time, amount, percent]) {
      assert.equal(encode(`${start}${spaces}x`), undefined);
    }
  }
});

Deno.test("a text of a million characters that looks like an amount is judged in no time", () => {
  for (const text of [`${"1.".repeat(5e5)}x`, `-${" ".repeat(1e6)}x`, `1${"%".repeat(1e6)}`]) {
    const forms = new WrittenForms();
    forms.add(text);
    assert.equal(forms.amounts({ smallest: Infinity, largest: -Infinity, whole: true }), undefined);
  }
});

Deno.test("a per cent sign is before all digits or after them", () => {
  const { encode } = codecOf({ name: "p", kind: "numeric", format: "1,234.50 %" });
  assert.deepEqual(["12 %", "%12", "% 1,234.5", "(12%)", "-12 %", "0"].map(encode), [
    ...[12, 12, 1234.5, -12, -12, 0],
  ]);
  for (const text of ["12%34", "1%2%", "12%%", "%", "12"]) {
    assert.equal(encode(text), undefined, text);
  }
});

Deno.test("a warning names levels that almost no cell has", async () => {
  const rows = Array.from(
    { length: 40 },
    (_, r) => ({ site: ["north", "south"][r % 2], x: r % 7 }),
  );
  const detector = await Detector.fit(rows, {
    schema: [{ name: "site", kind: "ordinal", levels: ["S", "M", "L"] }],
    preset: "small",
    epochs: 1,
  });
  const said = /column "site": 100 % of the cells hold rare values, which count as one/;
  assert.ok(detector.warnings.some((warning) => said.test(warning)), `${detector.warnings}`);
  detector.dispose();
});
