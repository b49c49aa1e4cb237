/**
 * Metadata and headers of pages, which Parquet writes in Thrift's compact protocol. hyparquet takes every number in
 * them for granted: it would make room for a list of any length, and add up a number of any number of bytes, in time
 * that grows with their square. They are walked through here first.
 *
 *   struct   fields, each [4 bits: step of its id][4 bits: type][value], and a 0
 *   list     [4 bits: length, 15 if a varint follows][4 bits: type][values]
 *   varint   7 bits a byte, the high bit says that more follow
 *
 * Source: thrift-compact-protocol.md. Limits: no sets, maps or UUIDs, which Parquet does not use.
 */
import { readVarInt } from "npm:hyparquet@1.31.5/src/thrift.js";

const STOP = 0, FALSE = 2, BYTE = 3, I64 = 6, DOUBLE = 7, BINARY = 8, LIST = 9, STRUCT = 12;

/** Structs and lists within each other: Parquet's own have some ten. */
const MAX_DEPTH = 64;

/** Bytes of 64 bits, 7 in each. */
const MAX_VARINT = 10;

interface Reader {
  readonly view: DataView;
  offset: number;
}

/** @throws RangeError unless a complete struct starts here; moves the reader behind it */
export function requireStruct(reader: Reader, depth = 0): void {
  if (depth > MAX_DEPTH) throw new RangeError(`Cannot read metadata: deeper than ${MAX_DEPTH}`);
  const { view } = reader;
  // hyparquet takes any step with the type 0 for the end, and would go on elsewhere.
  for (let head; ((head = view.getUint8(reader.offset++)) & 15) !== STOP;) {
    if (head >> 4 === 0) skipVarint(reader);
    if ((head & 15) > FALSE) skip(reader, head & 15, depth);
  }
}

/** Moves the reader behind a number of at most 64 bits. @throws RangeError for a longer one */
export function skipVarint(reader: Reader): void {
  for (let byte = 0; byte < MAX_VARINT; byte++) {
    if (reader.view.getUint8(reader.offset++) < 128) return;
  }
  throw new RangeError(`Cannot read number: expected at most ${MAX_VARINT} bytes`);
}

function skip(reader: Reader, type: number, depth: number): void {
  if (type === BYTE) reader.offset++;
  else if (type > BYTE && type <= I64) skipVarint(reader);
  else if (type === DOUBLE) reader.offset += 8;
  else if (type === BINARY) {
    const length = lengthWithin(reader, readVarInt(reader));
    reader.offset += length;
  } else if (type === LIST) skipList(reader, depth + 1);
  else if (type === STRUCT) requireStruct(reader, depth + 1);
  else throw new RangeError(`Cannot read metadata: unknown type ${type}`);
}

function skipList(reader: Reader, depth: number): void {
  if (depth > MAX_DEPTH) throw new RangeError(`Cannot read metadata: deeper than ${MAX_DEPTH}`);
  const head = reader.view.getUint8(reader.offset++), type = head & 15;
  // Every element has a byte at least.
  const length = lengthWithin(reader, head >> 4 === 15 ? readVarInt(reader) : head >> 4);
  for (let i = 0; i < length; i++) skip(reader, type <= FALSE ? BYTE : type, depth);
}

function lengthWithin({ view, offset }: Reader, length: number): number {
  const left = view.byteLength - offset;
  if (length >= 0 && length <= left) return length;
  throw new RangeError(`Cannot read metadata: expected at most ${left} bytes, got ${length}`);
}
