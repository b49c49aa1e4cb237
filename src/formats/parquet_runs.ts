/**
 * Runs of small integers in a Parquet page: levels, indices into a dictionary, booleans. A run states how often its
 * value occurs, and hyparquet would write it that often, past all values that the page has. And differences of
 * integers, whose numbers hyparquet reads however long they are.
 *
 *   run   varint h, then  h odd:  8 (h >> 1) values of `width` bits each
 *                         h even: one value, ceil(width / 8) bytes, h >> 1 times
 *
 *   differences   varints: size of a block, its parts, number of values; the first value; then
 *   block         varint: least difference; bits of each part, a byte each; the parts
 *
 * Source: "RLE / bit-packing hybrid" and "Delta encoding" in the format's Encodings.md.
 */
import { readVarInt } from "npm:hyparquet@1.31.5/src/thrift.js";
import { skipVarint } from "./parquet_thrift.ts";

/** Values by which a packed run may exceed those of its page, and which nobody keeps: DuckDB fills up 256. */
const MAX_PADDING = 2 ** 16;

/**
 * Checks the runs of `count` values.
 * @param bytes from the first run on; other bytes may follow
 * @returns how many of the values are not 0, if they have one bit each
 * @throws RangeError for a run of more values than are left; ends without one if the bytes end, as their reader tells
 */
export function requireRuns(bytes: Uint8Array, width: number, count: number): number {
  const reader = { view: viewOf(bytes), offset: 0 };
  let left = count, ones = 0;
  while (left > 0 && reader.offset < bytes.length) {
    const head = readVarInt(reader), isPacked = (head & 1) === 1;
    const values = (head >>> 1) * (isPacked ? 8 : 1), used = Math.min(values, left);
    if (values > left + (isPacked ? MAX_PADDING : 0)) {
      throw new RangeError(`Cannot read run: expected at most ${left} values, got ${values}`);
    }
    const at = reader.offset;
    reader.offset += isPacked ? values * width / 8 : Math.ceil(width / 8);
    if (width === 1) ones += isPacked ? countOnes(bytes, at, used) : used * (bytes[at] & 1);
    left -= used;
  }
  return ones;
}

function countOnes(bytes: Uint8Array, at: number, bits: number): number {
  let ones = 0;
  for (let i = 0; i < bits; i++) ones += (bytes[at + (i >> 3)] >> (i & 7)) & 1;
  return ones;
}

/**
 * Checks the differences of `count` values.
 * @param bytes from the size of a block on; other bytes may follow
 * @throws RangeError for a number of more than 64 bits, parts of no multiple of 32 values, or bytes that end before
 */
export function requireDifferences(bytes: Uint8Array, count: number): void {
  const reader = { view: viewOf(bytes), offset: 0 };
  const blockSize = readVarInt(reader), parts = readVarInt(reader), values = blockSize / parts;
  // Of any other number hyparquet would read the next block from within a part.
  if (values % 32 !== 0 || values <= 0 || parts > bytes.length) {
    throw new RangeError(`Cannot read differences: ${parts} parts of a block of ${blockSize}`);
  }
  skipVarint(reader); // the number of values, which the page states as well
  skipVarint(reader);
  for (let left = count - 1; left > 0;) {
    skipVarint(reader);
    const widths = reader.offset;
    reader.offset += parts;
    for (let part = 0; part < parts && left > 0; part++, left -= values) {
      reader.offset += values * reader.view.getUint8(widths + part) / 8;
    }
  }
}

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView<ArrayBuffer> {
  return new DataView(buffer as ArrayBuffer, byteOffset, byteLength);
}
