/** JSON arrays of rows as JSON lines, cut anywhere. Oracle: JSON.parse of the whole and of each line. */
import assert from "node:assert/strict";
import { concatBytes } from "../../src/core/bytes/bytes.ts";
import { DataError } from "../../src/formats/errors.ts";
import { readTable } from "../../src/formats/mod.ts";
import { asTableText, piecesAsTableText } from "../../src/formats/table_text.ts";
import { piecesOf } from "./in_pieces.ts";

const ROWS: readonly unknown[] = [
  { a: 1.5, "b,]": 'x "],[{', c: null },
  { a: -2e30, "b,]": "\\", c: "line\nbreak, größe" },
  { a: 3, "b,]": '\\"', c: true },
];
const LISTS: readonly unknown[] = [[1, "a,b"], [2.5, "]"], [null, '"']];

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

async function inPieces(bytes: Uint8Array, name: string, size: number): Promise<Uint8Array> {
  return concatBytes(await Array.fromAsync(piecesAsTableText(piecesOf(bytes, size), name)));
}

for (const rows of [ROWS, LISTS]) {
  for (const indent of [undefined, 2, "\t"]) {
    Deno.test(`an array of ${rows === ROWS ? "objects" : "lists"}, indented by ${indent}, is its rows`, async () => {
      for (const around of ["", "\ufeff", "\r\n  ", "\n".repeat(300)]) {
        const bytes = encode(`${around}${JSON.stringify(rows, null, indent)}\n`);
        for (const name of ["-", "t.json", "t.JSON.gz"]) {
          const whole = asTableText(bytes, name);
          const lines = decode(whole).split("\n").filter((line) => line.trim() !== "");
          assert.deepEqual(lines.map((line) => JSON.parse(line)), rows);
          for (const size of [1, 2, 3, 7, 50]) {
            assert.deepEqual(await inPieces(bytes, name, size), whole, `${size}`);
          }
        }
        assert.deepEqual(asTableText(bytes, "t.jsonl"), bytes);
      }
    });
  }
}

Deno.test("text that is no array of rows is unchanged", async () => {
  const others = [
    '{"a":1}\n{"a":2}\n',
    "[1,2]\n[3,4]\n",
    '["a",[1]]\n',
    "a,b\n1,2\n",
    "",
    " ",
  ];
  for (const text of others) {
    const bytes = encode(text);
    for (const name of ["-", "t.json"]) {
      assert.deepEqual(asTableText(bytes, name), bytes, text);
      for (const size of [1, 2, 7]) assert.deepEqual(await inPieces(bytes, name, size), bytes);
    }
  }
});

const FAULTS: readonly (readonly [text: string, message: string])[] = [
  ['[{"a":1},{"a":2}', "row 2 (line 1): expected ] after the last row, got the end of the file"],
  ['[{"a":1},', "row 2 (line 1): expected ] after the last row, got the end of the file"],
  ["[[1],\n[2]", "row 2 (line 2): expected ] after the last row, got the end of the file"],
  ["[", "line 1: expected ] after the last row, got the end of the file"],
  ["[]", "line 1: expected at least one row, got an empty array"],
  ["\n[ \n ]\n", "line 4: expected at least one row, got an empty array"],
  ['[{"a":1},\n]', 'row 2 (line 2): expected a row, an object or array, got "]"'],
  ['[{"a":1},\n,[2]]', 'row 2 (line 2): expected a row, an object or array, got ",[2]]"'],
  ['[,{"a":1}]', 'line 1: expected a row, an object or array, or ], got ",{'],
  ['[{"a":1}\n{"a":2}]', 'row 1 (line 2): expected a comma, or ] after the last row, got "{'],
  ['[{"a":1},null]', 'row 2 (line 1): expected a row, an object or array, got "null]"'],
  ['[{"a":1}]\n\n[', 'row 1 (line 3): expected nothing after the ] of the array, got "["'],
  ['[{"a":1}]]', 'row 1 (line 1): expected nothing after the ] of the array, got "]"'],
  ['[{"a":1}}', 'row 1 (line 1): expected a comma, or ] after the last row, got "}"'],
];

for (const [text, message] of FAULTS) {
  Deno.test(`an array that JSON does not allow is refused by its place: ${JSON.stringify(text)}`, async () => {
    // An empty array, or one of null, is JSON but not a table.
    if (!/empty array|null/.test(message)) assert.throws(() => JSON.parse(text));
    const bytes = encode(text), start = `Cannot read t.json, ${message}`;
    const isIt = (error: unknown) => error instanceof DataError && error.message.startsWith(start);
    assert.throws(() => asTableText(bytes, "t.json"), isIt);
    // In pieces, less is known of what was found.
    const short = start.slice(0, start.indexOf("got ") + 4);
    for (const size of [1, 2, 7]) {
      await assert.rejects(
        inPieces(bytes, "t.json", size),
        (error: Error) => error.message.startsWith(short),
      );
    }
  });
}

Deno.test("a faulty row of an array is named by its number, not by a wrong line", () => {
  const text = '[\n  {\n    "a": 1\n  },\n  {\n    "a" 2\n  }\n]\n';
  assert.throws(
    () => readTable("t.json", asTableText(encode(text), "t.json")),
    /Cannot read t\.json, row 2: expected one JSON object or array \(a \.json file is an array of rows/,
  );
});
