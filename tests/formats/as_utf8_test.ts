/** Text in other encodings as UTF-8, cut anywhere. Oracle: TextDecoder over the whole. */
import assert from "node:assert/strict";
import { concatBytes } from "../../src/core/bytes/bytes.ts";
import { asUtf8, piecesAsUtf8 } from "../../src/formats/text/as_utf8.ts";
import { piecesOf } from "./in_pieces.ts";

const TEXT = "a,stadt\n1,München\n2,Köln €\n", UTF8 = new TextEncoder().encode(TEXT);

/** In Windows-1252, € is 0x80. */
const WESTERN = Uint8Array.from(TEXT, (letter) => letter === "€" ? 0x80 : letter.charCodeAt(0));

/** Little-endian, without a byte order mark. */
const UTF16 = new Uint8Array(new Uint16Array([...TEXT].map((each) => each.charCodeAt(0))).buffer);

const CASES: readonly (readonly [string, Uint8Array, Uint8Array, number])[] = [
  ["Windows-1252", WESTERN, UTF8, 1],
  ["UTF-8", UTF8, UTF8, 0],
  ["UTF-16 without a mark", UTF16, UTF8, 0],
  ["UTF-16 without a mark, big-endian", UTF16.map((_, i) => UTF16[i ^ 1]), UTF8, 0],
  [
    "UTF-8 of four bytes",
    new TextEncoder().encode("a\n🜁\n"),
    new TextEncoder().encode("a\n🜁\n"),
    0,
  ],
  // Damaged UTF-8 stays as it is; its reader refuses it.
  ["UTF-8 with a fault", concatBytes([UTF8, WESTERN]), concatBytes([UTF8, WESTERN]), 0],
  ["a letter at the end", WESTERN.subarray(0, 12), UTF8.subarray(0, 13), 1],
  ["nothing", new Uint8Array(), new Uint8Array(), 0],
  [
    "NumPy's format",
    Uint8Array.of(0x93, 78, 85, 1, 0, 0xe9),
    Uint8Array.of(0x93, 78, 85, 1, 0, 0xe9),
    0,
  ],
];

for (const [name, bytes, want, guesses] of CASES) {
  Deno.test(`${name} as UTF-8, cut anywhere`, async () => {
    let told = 0;
    assert.deepEqual(asUtf8(bytes, "t.csv", () => told++), want);
    assert.equal(told, guesses);
    for (const size of [2, 3, 7, 8, 100]) {
      told = 0;
      const pieces = await Array.fromAsync(
        piecesAsUtf8(piecesOf(bytes, size), "t.csv", () => told++),
      );
      assert.deepEqual(concatBytes(pieces), want, `${size}`);
      assert.equal(told, guesses);
    }
  });
}
