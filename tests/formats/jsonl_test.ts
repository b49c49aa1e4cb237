/** JSON lines: objects and arrays, and every refusal with its message. */
import assert from "node:assert/strict";
import { JsonlReader, readJsonl } from "../../src/formats/mod.ts";
import { codecOf } from "../../src/scoring/table/schema.ts";
import { fuzz, refusalOf, refuses } from "./util.ts";

const source = "t.jsonl";
const read = (text: string, options = {}) => readJsonl(text, { source, ...options });

Deno.test("readJsonl() reads objects, in any order of keys, and a text label", () => {
  const text = '\uFEFF{"b": 1, "a": -2.5e3, "y": "o"}\r\n{"y":false,"a":4,"b":3}\n\n';
  for (const input of [text, new TextEncoder().encode(text)]) {
    const table = readJsonl(input, { source, label: "y" });
    assert.deepEqual(table.columns, ["b", "a"]);
    assert.deepEqual([...table.data], [1, -2500, 3, 4]);
    assert.deepEqual([...table.label ?? []], [1, 0]);
  }
});

Deno.test("readJsonl() reads arrays, as columns x0, x1, ...", () => {
  const table = read("[1, 2, 0]\n[3, 4, 1]", { label: "x2", columns: ["x1"] });
  assert.deepEqual([...table.data], [2, 4]);
  assert.deepEqual([...table.label ?? []], [0, 1]);
});

Deno.test("readJsonl() treats __proto__ as an ordinary name, and colons in strings as text", () => {
  const table = read('{"__proto__": 1, "a:\\":b": 2, "t": "x:y"}\n', {
    columns: ["__proto__", 'a:":b'],
  });
  assert.deepEqual([...table.data], [1, 2]);
  assert.equal(Object.keys(Object.prototype).length, 0);
});

Deno.test("readJsonl() takes all keys for columns; a row without a key lacks the cell", () => {
  const text = '{"a": 1}\n{"c": "x", "a": null}\n{"b": 4, "c": "y"}';
  const table = read(text, { cells: "any" });
  assert.deepEqual(table.columns, ["a", "c", "b"]);
  assert.deepEqual([...table.data], [1, NaN, NaN, NaN, 0, NaN, NaN, 1, 4]);
  assert.deepEqual(table.texts, [undefined, ["x", "y"], undefined]);
  const chosen = read(text, { cells: "any", columns: ["b", "a"] });
  assert.deepEqual([...chosen.data.subarray(0, 2)], [NaN, 1]);
});

Deno.test("readJsonl() reads lines in any pieces, and skips nested values that are not needed", () => {
  const text = '{"a":1,"at":{"x":[1,{"y":2}],"a":3}}\r\n{"a":2,"at":"}:{"}\n',
    whole = { exclude: ["at"] };
  for (let size = 1; size < text.length; size++) {
    const reader = new JsonlReader(whole);
    for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size));
    assert.deepEqual([...reader.finish().data], [1, 2]);
  }
});

Deno.test("readJsonl() limits cells that no row has by the size of the file", () => {
  const lines = (count: number, key: (r: number) => string) =>
    Array.from({ length: count }, (_, r) => `{"${key(r)}":1}\n`).join("");
  const throws = (act: () => unknown, said: RegExp) => assert.throws(act, said);
  const any = { cells: "any" as const };
  // A different key in every row: 180 kB of them would be a gigabyte of float64.
  const own = lines(12_000, (r) => `k${r}`);
  const tooMany =
    /^DataError: Cannot read t\.jsonl: expected at most \d{7} missing cells, got \d{7} in 1\d{3} rows of 1\d{3} keys$/;
  throws(() => read(own, any), tooMany);
  throws(() => {
    const reader = new JsonlReader({ source, ...any });
    for (const line of own.split("\n")) reader.push(`${line}\n`);
  }, tooMany);
  // The same for requested columns, and with a limit.
  const columns = Array.from({ length: 2000 }, (_, c) => `k${c}`);
  const codec = codecOf({ name: "", kind: "numeric" });
  const asked = { columns, mayLack: true, cells: () => codec };
  throws(() => read(lines(3000, () => "k0"), asked), /missing cells, got .* of 2000 keys$/);
  const few = lines(40, (r) => `k${r}`);
  throws(() => read(few, { ...any, maxCells: 1000 }), /at most 1000 missing cells/);
  assert.equal(read(few, { ...any, maxCells: 40 * 39 }).columns.length, 40);
  // No single part is large.
  const parts = new JsonlReader({ source, ...any });
  for (let at = 0; at < 30; at++) {
    parts.push(lines(50, (r) => `k${50 * at + r}`));
    assert.equal(parts.take()!.columns.length, 50 * (at + 1));
  }
  const wide = `{${Array.from({ length: 65_537 }, (_, c) => `"${c}":1`).join()}}`;
  throws(() => read(wide), /Cannot read t\.jsonl: expected at most 65536 different keys/);
});

Deno.test("readJsonl() reports all keys, and can be asked for some that no row has", () => {
  const names: string[][] = [];
  const codec = codecOf({ name: "", kind: "numeric" });
  const options = {
    columns: ["b", "z"],
    mayLack: true,
    cells: () => codec,
    onNames: (all: readonly string[]) => void names.push([...all]),
  };
  assert.deepEqual([...read('{"a":1,"b":2}\n{"b":"3","c":null}', options).data], [2, NaN, 3, NaN]);
  assert.deepEqual(names, [["a", "b", "c"]]);
  refuses(
    () => read('{"b":1}\n{"a":1,"c":{}}', options),
    'Cannot read t.jsonl, row 2 (line 2): expected an object with at least one of the columns "b", "z"' +
      ', got one with "a", "c"',
  );
  refuses(
    () => read('{"a":1}', { columns: ["a", "z"], cells: "any" }),
    'Cannot read t.jsonl, column "z": expected one of the columns "a"',
  );
});

const REFUSALS: [string, string, string][] = [
  ["empty file", "\n", "expected at least one line of JSON, got an empty file"],
  [
    "NaN",
    '{"a":1}\n{"a":NaN,"t":"NaN"}',
    "row 2 (line 2): expected valid JSON, which has no NaN or Infinity (write null for a missing value)" +
    ', got "{\\"a\\":NaN,\\"t\\":\\"NaN\\"}"',
  ],
  [
    "CSV",
    "a,b\n1,2",
    'row 1 (line 1): expected one complete JSON object or array on each line, got "a,b"',
  ],
  [
    "scalar",
    "3",
    'row 1 (line 1): expected one complete JSON object or array on each line, got "3"',
  ],
  [
    "comma behind the last cell",
    '{"a":NaN,}',
    'row 1 (line 1): expected one complete JSON object or array on each line, got "{\\"a\\":NaN,}"',
  ],
  [
    "one array of objects",
    '[{"a":1},{"a":2}]',
    "row 1 (line 1): expected an array of cells (objects: one per line)" +
    ", got an array of objects",
  ],
  [
    "blank line",
    "[1]\n\n[2]",
    "row 2 (line 2): expected a JSON object or array, got a blank line",
  ],
  [
    "nested",
    '{"a":1}\n{"a":[1]}',
    'row 2 (line 2), column "a": expected a finite number, got an array',
  ],
  [
    "repeated key",
    '{"b":{"a":0,"c":[":"]},"a":1,"\\u0061":2}',
    'row 1 (line 1), column "a": expected each key once, got it twice',
  ],
  [
    "lost key",
    '{"a":1,"b":2}\n{"a":1}',
    'row 2 (line 2), column "b": expected a finite number (missing values are not allowed here)' +
    ", got no such key",
  ],
  [
    "new key",
    '{"a":1}\n{"a":1,"b":2}',
    'row 1 (line 1), column "b": expected a finite number (missing values are not allowed here)' +
    ", got no such key",
  ],
  [
    "no keys",
    '{"a":1}\n{}',
    'row 2 (line 2): expected an object with at least one of the columns "a", got one without keys',
  ],
  ["ragged", "[1,2]\n[1]", "row 2 (line 2): expected 2 cells, as in row 1, got 1"],
  [
    "array after object",
    '{"a":1}\n[1]',
    "row 2 (line 2): expected an object, as in row 1, got an array",
  ],
  [
    "object after array",
    '[1]\n{"a":1}',
    "row 2 (line 2): expected an array, as in row 1, got an object",
  ],
  ["text", '{"a":"1"}', 'row 1 (line 1), column "a": expected a finite number, got "1"'],
  [
    "boolean",
    "[true]",
    'row 1 (line 1), column "x0": expected a finite number, got true',
  ],
  [
    "nested array",
    "[[1]]",
    'row 1 (line 1), column "x0": expected a finite number, got an array',
  ],
  [
    "overflow",
    "[1e999]",
    'row 1 (line 1), column "x0": expected a finite number, got Infinity',
  ],
  [
    "null",
    "[null]",
    'row 1 (line 1), column "x0": expected a finite number (missing values are not allowed here)' +
    ", got null",
  ],
  ["no columns", "[]", "expected at least one data column"],
];

for (const [name, text, message] of REFUSALS) {
  Deno.test(`readJsonl() refuses: ${name}`, () => {
    refuses(() => read(text), refusalOf("t.jsonl", message));
  });
}

Deno.test("readJsonl() refuses an unknown label and deep nesting", () => {
  refuses(
    () => read('{"a":1,"y":null}', { label: "y" }),
    'Cannot read t.jsonl, row 1 (line 1), column "y": expected a label (a number, true or false, yes or no, ' +
      "anomaly or normal, outlier or inlier, o or n), got null",
  );
  assert.throws(() => read("[".repeat(100_000)), TypeError);
  assert.throws(() => read("[".repeat(100_000) + "]".repeat(100_000)), TypeError);
});

Deno.test("fuzz: JSON lines are read, or refused with an error of ours", () => {
  const bytes = new TextEncoder().encode('{"a":1,"b":2.5,"y":"no"}\n{"a":3,"b":-4,"y":"o"}\n');
  fuzz(bytes, 2000, (mutant) => readJsonl(mutant, { label: "y" }));
});
