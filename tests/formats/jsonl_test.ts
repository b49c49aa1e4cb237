/**
 * JSON lines: objects and arrays, and every refusal, each with its message.
 */
import assert from "node:assert/strict";
import { readJsonl } from "../../src/formats/mod.ts";
import { fuzz, refuses } from "./util.ts";

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

Deno.test("readJsonl() takes __proto__ as a plain name and colons in strings as text", () => {
  const table = read('{"__proto__": 1, "a:\\":b": 2, "t": "x:y"}\n', {
    columns: ["__proto__", 'a:":b'],
  });
  assert.deepEqual([...table.data], [1, 2]);
  assert.equal(Object.keys(Object.prototype).length, 0);
});

const REFUSALS: [string, string, string][] = [
  ["empty file", "\n", "file must be at least one line of JSON: current value is an empty file"],
  ["not JSON", '{"a":1}\n{"a":NaN}', 'row 2 must be valid JSON: current value is "{\\"a\\":NaN}"'],
  ["scalar", "3", 'row 1 must be a JSON object or array: current value is "3"'],
  [
    "blank line",
    "[1]\n\n[2]",
    "row 2 must be a JSON object or array: current value is a blank line",
  ],
  [
    "nested",
    '{"a":[1]}',
    "row 1 must be a flat object: current value is an object with nested values",
  ],
  [
    "repeated key",
    '{"a":1,"a":2}',
    "row 1 must be an object with each key once: current value is an object with a repeated key",
  ],
  [
    "other keys",
    '{"a":1,"b":2}\n{"a":1,"c":2}',
    'row 2 must be an object with the keys of row 1 ("a", "b"): current value is one with "a", "c"',
  ],
  ["ragged", "[1,2]\n[1]", "row 2 must be 2 numbers long: current value is 1"],
  [
    "array after object",
    '{"a":1}\n[1]',
    "row 2 must be an object like row 1: current value is an array",
  ],
  [
    "object after array",
    '[1]\n{"a":1}',
    "row 2 must be an array like row 1: current value is an object",
  ],
  ["text", '{"a":"1"}', 'column "a", row 1 must be a finite number: current value is "1"'],
  ["boolean", "[true]", 'column "x0", row 1 must be a finite number: current value is true'],
  [
    "nested array",
    "[[1]]",
    'column "x0", row 1 must be a finite number: current value is an array',
  ],
  ["overflow", "[1e999]", 'column "x0", row 1 must be a finite number: current value is Infinity'],
  [
    "null",
    "[null]",
    'column "x0", row 1 must be a finite number (no value may be missing here): ' +
    "current value is null",
  ],
  ["no columns", "[]", "table must be at least one numeric column"],
];

for (const [name, text, message] of REFUSALS) {
  Deno.test(`readJsonl() refuses: ${name}`, () => {
    refuses(() => read(text), `Cannot read t.jsonl: ${message}`);
  });
}

Deno.test("readJsonl() refuses an unknown label and deep nesting", () => {
  refuses(
    () => read('{"a":1,"y":null}', { label: "y" }),
    'Cannot read t.jsonl: column "y", row 1 must be a number, true or false, yes or no, ' +
      "anomaly or normal, outlier or inlier, o or n: current value is null",
  );
  assert.throws(() => read("[".repeat(100_000)), TypeError);
  assert.throws(() => read("[".repeat(100_000) + "]".repeat(100_000)), TypeError);
});

Deno.test("fuzz: JSON lines are read or refused with our error", () => {
  const bytes = new TextEncoder().encode('{"a":1,"b":2.5,"y":"no"}\n{"a":3,"b":-4,"y":"o"}\n');
  fuzz(bytes, 2000, (mutant) => readJsonl(mutant, { label: "y" }));
});
