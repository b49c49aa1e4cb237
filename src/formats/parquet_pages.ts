/**
 * The pages of one column of a row group. hyparquet takes every number in them for granted, so that a forged one of
 * four bytes would make it fill gigabytes. They are checked before a page is decoded: no page holds more values than
 * the group has rows left, and no run exceeds its page; a budget bounds what they unpack to.
 *
 *   page     [header][definition levels][values]; packed as a whole (version 1) or but for the levels (version 2)
 *   levels   1 bit per row of a column that may hold null: 0 where it does
 *
 * Source: Parquet's README.md and Encodings.md. Limits: flat columns only.
 */
import type { ParquetType } from "npm:hyparquet@1.31.5";
import { compressors } from "npm:hyparquet-compressors@1.1.2";
import { parquetHeader, readPage } from "npm:hyparquet@1.31.5/src/column.js";
import { convert, DEFAULT_PARSERS } from "npm:hyparquet@1.31.5/src/convert.js";
import { decompressPage } from "npm:hyparquet@1.31.5/src/datapage.js";
import { deltaBinaryUnpack } from "npm:hyparquet@1.31.5/src/delta.js";
import { concatBytes } from "../core/bytes/bytes.ts";
import { requireDifferences, requireRuns, viewOf } from "./parquet_runs.ts";
import { requireStruct } from "./parquet_thrift.ts";
import { PARSERS } from "./parquet_values.ts";
import { unpackZstd } from "./parquet_zstd.ts";

type Reader = Parameters<typeof readPage>[0];
type Header = Parameters<typeof readPage>[1];
type Cells = NonNullable<Parameters<typeof readPage>[3]>;

type FullDecoder = Parameters<typeof readPage>[2];

/** The column, as hyparquet knows it. */
export type Decoder = Omit<FullDecoder, "parsers">;

const ALL_PARSERS = { ...DEFAULT_PARSERS, ...PARSERS };

const COMPRESSORS = { ...compressors, ZSTD: unpackZstd };

/** Bits that a value takes at least, if values stand one after the other. */
const PLAIN_BITS: Readonly<Record<ParquetType, number>> = {
  BOOLEAN: 1,
  INT32: 32,
  INT64: 64,
  INT96: 96,
  FLOAT: 32,
  DOUBLE: 64,
  BYTE_ARRAY: 32,
  FIXED_LEN_BYTE_ARRAY: 8,
};

/** Bytes: a real header has some hundred, a few thousand with the extremes of long texts. */
const MAX_HEADER = 2 ** 16;

/** The bytes that may still be unpacked. */
export interface Budget {
  left: number;
}

/** More bytes than the budget has left: a page may be as long as it says, or forged. */
export class BudgetError extends RangeError {}

/**
 * @param chunk the column's bytes in this row group
 * @param budget is charged for what they hold
 * @returns its cells, at most `rows`; fewer if the chunk ends before
 * @throws RangeError for a page that is not what it says
 */
export function readChunk(
  chunk: ArrayBuffer,
  rows: number,
  decoder: Decoder,
  budget: Budget,
): unknown[] {
  const reader = { view: new DataView(chunk), offset: 0 }, cells: unknown[] = [];
  const unpacked: FullDecoder = { ...decoder, parsers: ALL_PARSERS, codec: "UNCOMPRESSED" };
  let dictionary: Cells | undefined;
  while (cells.length < rows && reader.offset < chunk.byteLength) {
    const { header, bytes } = openPage(reader, decoder, budget), { type } = header;
    if (type === "DICTIONARY_PAGE") requireDictionary(header, bytes, decoder);
    else requireValues(header, bytes, decoder, rows - cells.length, budget);
    const page = { view: viewOf(bytes), offset: 0 };
    const { data = [] } = readPage(page, header, unpacked, dictionary, undefined, 0);
    if (type === "DICTIONARY_PAGE") dictionary = convert(data, unpacked);
    else for (let i = 0; i < data.length; i++) cells.push(data[i]);
  }
  return cells;
}

function readHeader(reader: Reader): Header {
  const { view: { buffer, byteOffset, byteLength }, offset } = reader;
  const bytes = Math.min(byteLength - offset, MAX_HEADER);
  const head = { view: new DataView(buffer as ArrayBuffer, byteOffset + offset, bytes), offset: 0 };
  requireStruct({ ...head });
  const header = parquetHeader(head);
  reader.offset += head.offset;
  return header;
}

/** A page as it would be if nothing in it were packed. Moves the reader to the next. */
function openPage(
  reader: Reader,
  { codec }: Decoder,
  budget: Budget,
): { readonly header: Header; readonly bytes: Uint8Array } {
  const header = readHeader(reader), { view, offset } = reader, { type } = header;
  const packed = requireCount(header.compressed_page_size, view.byteLength - offset);
  const size = spend(budget, header.uncompressed_page_size);
  const v2 = type === "DATA_PAGE_V2" ? header.data_page_header_v2 : undefined;
  const bytes = new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset + offset, packed);
  reader.offset += packed;
  if (v2?.is_compressed === false) return { header, bytes };
  const levels = v2 ? requireCount(levelBytes(v2), Math.min(packed, size)) : 0;
  // A column of nulls has an empty dictionary, of which LZ4 makes a byte that hyparquet's does not read.
  const values = size === levels
    ? new Uint8Array()
    : decompressPage(bytes.subarray(levels), size - levels, codec, COMPRESSORS);
  return {
    header: {
      ...header,
      compressed_page_size: size,
      ...(v2 && { data_page_header_v2: { ...v2, is_compressed: false } }),
    },
    bytes: levels === 0 ? values : concatBytes([bytes.subarray(0, levels), values]),
  };
}

function levelBytes(
  { definition_levels_byte_length: definition, repetition_levels_byte_length: repetition }:
    NonNullable<Header["data_page_header_v2"]>,
): number {
  // Of a flat column nothing is repeated.
  return definition + requireCount(repetition, 0);
}

function requireDictionary(
  { dictionary_page_header: dictionary }: Header,
  bytes: Uint8Array,
  decoder: Decoder,
): void {
  requireCount(dictionary?.num_values ?? -1, plainValues(bytes.length, decoder));
}

/** @param maxValues the rows that are left, each of which has one value */
function requireValues(
  { type, data_page_header: v1, data_page_header_v2 }: Header,
  bytes: Uint8Array,
  decoder: Decoder,
  maxValues: number,
  budget: Budget,
): void {
  const v2 = type === "DATA_PAGE_V2" ? data_page_header_v2 : undefined;
  const { num_values, encoding } = v2 ?? v1 ?? { num_values: -1, encoding: undefined };
  let count = requireCount(num_values, maxValues), values = bytes;
  if (decoder.element.repetition_type !== "REQUIRED") {
    const levels = v2 ? bytes : bytes.subarray(4);
    const length = v2 ? levelBytes(v2) : viewOf(bytes).getUint32(0, true);
    const present = requireRuns(levels, 1, count);
    values = levels.subarray(length);
    count = v2 ? requireCount(count - requireCount(v2.num_nulls, count), present) : present;
  }
  requireEncoded(values, encoding, count, decoder, v2 !== undefined, budget);
}

/** @param values the bytes of `count` values */
function requireEncoded(
  values: Uint8Array,
  encoding: string | undefined,
  count: number,
  decoder: Decoder,
  isV2: boolean,
  budget: Budget,
): void {
  if (encoding === "PLAIN" || encoding === "BYTE_STREAM_SPLIT") {
    requireCount(count, plainValues(values.length, decoder));
  } else if (encoding === "RLE" && decoder.type === "BOOLEAN") {
    requireRuns(values.subarray(4), 1, count);
  } else if (encoding === "PLAIN_DICTIONARY" || encoding === "RLE_DICTIONARY") {
    const [width] = values;
    // In version 1, no runs are read of a dictionary with one entry.
    if (count > 0 && (width > 0 || isV2)) {
      requireRuns(values.subarray(1), requireCount(width, 32), count);
    }
  } else if (encoding === "DELTA_BINARY_PACKED") {
    requireDifferences(values, count);
  } else if (encoding === "DELTA_BYTE_ARRAY") {
    const reader = { view: viewOf(values), offset: 0 };
    for (let part = 0; part < 2; part++) {
      const lengths = new Int32Array(count);
      deltaBinaryUnpack(reader, count, lengths);
      for (const length of lengths) spend(budget, length);
    }
  } else if (!encoding?.startsWith("DELTA_")) {
    throw new RangeError(`Cannot read page: unknown encoding ${encoding}`);
  }
}

/** How many values may stand in these bytes, one after the other. */
function plainValues(bytes: number, { type, element }: Decoder): number {
  const width = type === "FIXED_LEN_BYTE_ARRAY" ? element.type_length ?? 1 : 1;
  return Math.floor(8 * bytes / (PLAIN_BITS[type] * width));
}

function spend(budget: Budget, bytes: number): number {
  if (bytes > budget.left) throw new BudgetError(`Cannot unpack page: it claims ${bytes} bytes`);
  budget.left -= requireCount(bytes, budget.left);
  return bytes;
}

function requireCount(count: number, max: number): number {
  if (Number.isInteger(count) && count >= 0 && count <= max) return count;
  throw new RangeError(`Cannot read page: expected at most ${Math.max(0, max)}, got ${count}`);
}
