/**
 * How CSV is split into records and cells. Oracle: papaparse, on random texts of the characters that matter.
 */
import assert from "node:assert/strict";
// @ts-types="./papaparse.d.ts"
import Papa from "npm:papaparse@5.7.1";
import { HostRandom } from "../../src/core/random/philox.ts";
import { type ByteBlock, ByteBlocks } from "../../src/formats/csv/byte_blocks.ts";
import { RecordBlocks, splitRecords } from "../../src/formats/csv/csv_split.ts";
import { DataError } from "../../src/formats/errors.ts";

const random = new HostRandom(5, 0, 0);
const pick = (choices: readonly string[]) => choices[random.u32() % choices.length];

/** Cells as programs write them, and as nobody should. */
const CELLS = ["1", "", " ", "a b", '""', '"a"', '"a,b"', '"a\nb"', '"a""b"', '"a" ', '5" x', '"'];

function randomText(): string {
  const rows = Array.from({ length: random.u32() % 6 }, () => {
    const cells = Array.from({ length: 1 + random.u32() % 4 }, () => pick(CELLS));
    return cells.join(pick([",", ",", ",", ";"]));
  });
  return rows.join("\n") + pick(["", "\n"]);
}

function split(text: string): (readonly string[])[] | string {
  try {
    return [...splitRecords(text, ",", 1, "t")].map(({ cells }) => cells);
  } catch (error) {
    assert.ok(error instanceof DataError);
    return "refused";
  }
}

function parsed(text: string): string[][] | string {
  if (text === "") return [];
  const { data, errors } = Papa.parse(text, { delimiter: ",", newline: "\n" });
  if (errors.length > 0) return "refused";
  // The text after the last line break is a record to papaparse.
  return text.endsWith("\n") ? data.slice(0, -1) : data;
}

Deno.test("splitRecords() splits, and refuses, what papaparse does", () => {
  const ends = { refused: 0, split: 0 };
  for (let i = 0; i < 20_000; i++) {
    const text = randomText(), expected = parsed(text);
    // White space after a closing quote at the very end: refused by papaparse alone.
    if (text.endsWith('" ')) continue;
    assert.deepEqual(split(text), expected, JSON.stringify(text));
    ends[expected === "refused" ? "refused" : "split"]++;
  }
  assert.ok(Math.min(ends.refused, ends.split) > 5000, JSON.stringify(ends));
});

Deno.test("splitRecords() counts the lines of a file with line breaks in cells", () => {
  const records = [...splitRecords('a,b\n"1\n\n2",3\r\n4,"5\n"\n6,7', ",", 10, "t")];
  assert.deepEqual(records.map(({ line }) => line), [10, 11, 14, 16]);
});

/** All blocks of a file that arrives in pieces of some size. */
function blocksOf(bytes: Uint8Array, size: number): ByteBlock[] {
  const blocks = new ByteBlocks("t", 50), found: (ByteBlock | undefined)[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const block = blocks.push(bytes.subarray(at, at + size));
    if (block) found.push({ ...block, bytes: block.bytes.slice() });
  }
  return [...found, blocks.finish()].filter((block) => block !== undefined);
}

Deno.test("an inch mark in a cell opens no quote: rows are counted, and blocks cut, as they are", () => {
  const rows = Array.from(
    { length: 300 },
    (_, r) => r % 7 === 0 ? `${r},5" pipe` : r % 5 === 0 ? `${r},"a\nb ""c"""` : `${r},x`,
  );
  const text = `\ufeffid,"kind"\n${rows.join("\n")}\n`, bytes = new TextEncoder().encode(text);
  for (const size of [1, 7, 64, 5000]) {
    let row = 0, line = 1;
    for (const block of blocksOf(bytes, size)) {
      assert.deepEqual([block.firstRow, block.firstLine], [Math.max(0, row - 1), line]);
      const records = parsed(new TextDecoder().decode(block.bytes)) as string[][];
      row += records.length;
      line += block.bytes.filter((byte) => byte === 10).length;
    }
    assert.equal(row, 301);
  }
  const blocks = new RecordBlocks("t");
  assert.equal(blocks.push('id,kind\n1,5" pipe\n2,'), 'id,kind\n1,5" pipe\n');
  assert.equal(blocks.push('"a\n'), "");
  assert.equal(blocks.push('"\n3'), '2,"a\n"\n');
});
