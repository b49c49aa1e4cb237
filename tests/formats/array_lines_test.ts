/** JSON arrays of rows as JSON lines, cut anywhere. Oracle: JSON.parse of the whole and of each line. */
import assert from "node:assert/strict";
import { concatBytes } from "../../src/core/bytes/bytes.ts";
import { asTableText, piecesAsTableText } from "../../src/formats/text/table_text.ts";
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
      for (const around of ["", "\ufeff", "\r\n  "]) {
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

Deno.test("what is no array of rows stays as it is, and an array without its end is refused", async () => {
  const others = [
    '{"a":1}\n{"a":2}\n',
    "[1,2]\n[3,4]\n",
    '["a",[1]]\n',
    "a,b\n1,2\n",
    "[]",
    "[",
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
  for (const cut of ['[{"a":1},{"a":2}', '[{"a":1},', "[[1],[2]"]) {
    const message = /Cannot read t\.json: expected \] after the last row, got the end of the file/;
    assert.throws(() => asTableText(encode(cut), "t.json"), message);
    await assert.rejects(inPieces(encode(cut), "t.json", 2), message);
  }
});
