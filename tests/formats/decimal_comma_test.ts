/** Rows of files with decimal commas, read as a stream. Oracle: the same file with points. */
import assert from "node:assert/strict";
import { ByteBlocks } from "../../src/formats/csv/byte_blocks.ts";
import type { RowFormat } from "../../src/formats/csv/csv_rows.ts";
import {
  type DecimalMark,
  isForeignNumber,
  markedCodec,
} from "../../src/formats/csv/decimal_comma.ts";
import { codecOf } from "../../src/scoring/table/schema.ts";
import { readBlock } from "./util.ts";

const codec = codecOf({ name: "a", kind: "numeric" });

function rows(text: string, mark?: DecimalMark): number[] {
  const format: RowFormat = {
    source: "t.csv",
    width: 2,
    separator: ";",
    mark,
    columns: [0, 1].map((index) => ({ name: "ab"[index], index, codec: markedCodec(codec, mark) })),
  };
  const blocks = new ByteBlocks("t.csv", 1);
  const block = blocks.push(new TextEncoder().encode(text)) ?? blocks.finish()!;
  return [...readBlock(block, format).data];
}

Deno.test("rows with commas equal those with points", () => {
  const pointed = "3.14;-2\n.5;+1.5e2\n12;0.1234567890123456\n;1\n";
  const comma = pointed.replaceAll(".", ",");
  const expected = [3.14, -2, 0.5, 150, 12, 0.1234567890123456, NaN, 1];
  assert.deepEqual(rows(pointed, "."), expected);
  assert.deepEqual(rows(comma, ","), expected);
  // Not known yet: the first cell with a mark decides.
  assert.deepEqual(rows(comma), expected);
  const quoted = comma.replace(/[^;\n]+/g, '"$&"');
  assert.deepEqual(rows(quoted, ","), expected);
});

Deno.test("the other decimal mark is refused", () => {
  const fault = (expected: string, actual: string) => ({
    message: `Cannot read t.csv, row 2 (line 2), column "a": expected ${expected}, got "${actual}"`,
  });
  assert.throws(
    () => rows("1,5;2\n1.5;2\n", ","),
    fault("a number with a decimal comma, as elsewhere in the file", "1.5"),
  );
  assert.throws(
    () => rows("1.5;2\n1,5;2\n", "."),
    fault("a number with a decimal point, as elsewhere in the file", "1,5"),
  );
  assert.throws(
    () => rows("1,5;2\n1.5;2\n"),
    fault("a number with a decimal comma, as elsewhere in the file", "1.5"),
  );
});

Deno.test("numbers in other countries' formats are distinguished from names", () => {
  const foreign = ["3,14", "-0,5", ",5", "1,5e3", "1,234", "1.234,5", "1,234,567.8", "1'234.5"];
  for (const text of foreign) assert.equal(isForeignNumber(text), true, text);
  for (const text of ["a,b", "1,", "1.5", "12", "1,2,3", "10.0.0.1", ""]) {
    assert.equal(isForeignNumber(text), false, text);
  }
});
