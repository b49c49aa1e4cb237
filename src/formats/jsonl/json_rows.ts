/**
 * Rows of JSON lines straight from bytes: what `jsonl.ts` reads, for columns that are known, without a text for each line.
 * Keys are compared as bytes, first with the one that followed the last time; numbers are taken from their bytes, texts
 * go through the codec of their column. A line with anything unusual in it, or wrong, is parsed as text (`json_line.ts`).
 */
import type { ByteBlock } from "../csv/byte_blocks.ts";
import type { DataError } from "../errors.ts";
import type { BlockRows, ReadColumn, RowReader } from "../row_reader.ts";
import { decodeText } from "../text/text.ts";
import {
  blankFault,
  type LinePlace,
  parseLine,
  refuseLine,
  refuseNone,
  showCell,
} from "./json_line.ts";
import { JsonKeys, type Key } from "./json_keys.ts";
import { JsonNumber } from "./json_number.ts";

/** How the rows of a file are read. */
export interface JsonFormat {
  /** For messages. */
  readonly source: string;
  /** Cells of a row, where rows are arrays. */
  readonly width?: number;
  /** What is read, in this order. */
  readonly columns: readonly ReadColumn[];
}

const NEWLINE = 0x0a, RETURN = 0x0d, TAB = 0x09, SPACE = 0x20;
const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a, MINUS = 0x2d;
const OPEN = 0x5b, CLOSE = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;
const ASCII = 0x80;

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const LITERALS: readonly (readonly [Uint8Array, null | boolean])[] = [
  ...([null, true, false] as const).map((value) =>
    [new TextEncoder().encode(`${value}`), value] as const
  ),
];

/** Reads blocks, one after another into the same memory. */
export class JsonRows implements RowReader {
  readonly #format: JsonFormat;
  readonly #number = new JsonNumber();
  readonly #keys: JsonKeys;
  /** For each cell of an array the column that it is, or -1. */
  readonly #places: Int32Array;
  /** Of each column, whether a row of the block has it. */
  readonly #found: Uint8Array;
  #first?: Key;
  #bytes = new Uint8Array();
  #data = new Float64Array();
  #text?: string;

  constructor(format: JsonFormat) {
    const { columns, width = 0 } = format;
    this.#format = format;
    this.#keys = new JsonKeys(columns.map(({ name }) => name));
    this.#places = new Int32Array(width).fill(-1);
    columns.forEach(({ index }, c) => this.#places[index] = c);
    this.#found = new Uint8Array(columns.length);
  }

  /** @throws DataError naming row, line and column of what cannot be read */
  read({ bytes, firstRow }: ByteBlock): BlockRows {
    this.#bytes = bytes;
    this.#text = undefined;
    this.#found.fill(0);
    const { columns, width } = this.#format;
    let rows = 0, blankLine: number | undefined;
    for (let at = 0; at < bytes.length;) {
      const offset = rows * columns.length, row = firstRow + rows + 1;
      if (offset + columns.length > this.#data.length) this.#grow();
      this.#data.fill(NaN, offset, offset + columns.length);
      let next = blankLine === undefined ? this.#usualRow(at, offset, row) : -1;
      if (next < 0) {
        const found = bytes.indexOf(NEWLINE, at), end = found < 0 ? bytes.length : found;
        next = end + 1;
        if (this.#skip(at) >= end) {
          blankLine ??= row;
          at = next;
          continue;
        }
        if (blankLine !== undefined) throw this.blankFault(blankLine);
        this.#anyRow(at, end, offset, row);
      }
      rows++;
      at = next;
    }
    const data = this.#data.subarray(0, rows * columns.length);
    if (width !== undefined) return { data, rows, blankLine };
    const lacking = columns.filter((_, c) => this.#found[c] === 0).map(({ name }) => name);
    return { data, rows, blankLine, keys: { unknown: this.#keys.newlyUnknown(), lacking } };
  }

  /** @param row that it stands in the place of: that is its line */
  blankFault(row: number): DataError {
    return blankFault({ source: this.#format.source, row });
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#data.length + 64 * this.#format.columns.length);
    larger.set(this.#data);
    this.#data = larger;
  }

  /** A row in its usual form. @returns the place behind its line break, or -1 if it is another */
  #usualRow(start: number, offset: number, row: number): number {
    let at = this.#skip(start);
    at = this.#format.width === undefined
      ? this.#usualObject(at, offset, row)
      : this.#usualArray(at, offset);
    if (at < 0) return -1;
    at = this.#skip(at);
    return at >= this.#bytes.length || this.#bytes[at] === NEWLINE ? at + 1 : -1;
  }

  #usualObject(at: number, offset: number, row: number): number {
    const bytes = this.#bytes;
    if (bytes[at] !== OPEN_OBJECT) return -1;
    let last: Key | undefined, isFound = false;
    do {
      at = this.#skip(at + 1);
      const key = this.#keys.at(bytes, this.#textOfBlock, at, last ? last.next : this.#first);
      if (!key || key.row === row) return -1;
      if (last) last.next = key;
      else this.#first = key;
      key.row = row;
      at = this.#skip(at + key.bytes.length);
      if (bytes[at] !== COLON) return -1;
      at = this.#valueAt(this.#skip(at + 1), key.column, offset);
      if (at < 0) return -1;
      if (key.column >= 0) {
        this.#found[key.column] = 1;
        isFound = true;
      }
      at = this.#skip(at);
      last = key;
    } while (bytes[at] === COMMA);
    return isFound && bytes[at] === CLOSE_OBJECT ? at + 1 : -1;
  }

  #usualArray(at: number, offset: number): number {
    const bytes = this.#bytes, places = this.#places;
    if (bytes[at] !== OPEN) return -1;
    for (let cell = 0; cell < places.length; cell++) {
      if (cell > 0 && bytes[at] !== COMMA) return -1;
      at = this.#valueAt(this.#skip(at + 1), places[cell], offset);
      if (at < 0) return -1;
      at = this.#skip(at);
    }
    return bytes[at] === CLOSE ? at + 1 : -1;
  }

  /** Reads a value into its column, if it has one. @returns the place behind it, or -1 if it is unusual */
  #valueAt(at: number, c: number, offset: number): number {
    const bytes = this.#bytes, first = bytes[at];
    if (first === QUOTE) return this.#stringAt(at, c, offset);
    if (c < 0 && (first === OPEN || first === OPEN_OBJECT)) return this.#nestedAt(at);
    if (first !== MINUS && !(first >= 0x30 && first <= 0x39)) return this.#literalAt(at, c, offset);
    const end = this.#number.read(bytes, at), { value } = this.#number;
    if (end < 0 || c < 0) return end;
    // The codec says what is wrong with it.
    if (value === Infinity || value === -Infinity) return -1;
    const { codec } = this.#format.columns[c], code = codec.plain ? value : codec.encode(value);
    if (code === undefined) return -1;
    this.#data[offset + c] = code;
    return end;
  }

  #stringAt(at: number, c: number, offset: number): number {
    const bytes = this.#bytes;
    let end = at + 1, all = 0, isEscaped = false;
    for (; bytes[end] !== QUOTE; end++) {
      const byte = bytes[end];
      if (!(byte >= SPACE)) return -1;
      all |= byte;
      if (byte !== BACKSLASH) continue;
      isEscaped = true;
      end++;
    }
    if (!isEscaped && all < ASCII) {
      if (c < 0) return end + 1;
      return this.#put(this.#textOfBlock().substring(at + 1, end), end + 1, c, offset);
    }
    const text = isEscaped ? this.#parsed(at, end + 1) : this.#decoded(at + 1, end);
    if (c < 0 || text === undefined) return text === undefined ? -1 : end + 1;
    return this.#put(text, end + 1, c, offset);
  }

  /** An object or an array that nobody reads. */
  #nestedAt(at: number): number {
    const bytes = this.#bytes;
    let end = at, depth = 0, isInside = false;
    do {
      const byte = bytes[end++];
      if (!(byte >= SPACE || byte === TAB)) return -1;
      if (isInside && byte === BACKSLASH) end++;
      else if (byte === QUOTE) isInside = !isInside;
      else if (isInside) continue;
      else if (byte === OPEN || byte === OPEN_OBJECT) depth++;
      else if (byte === CLOSE || byte === CLOSE_OBJECT) depth--;
    } while (depth > 0);
    return this.#parsed(at, end) === undefined ? -1 : end;
  }

  #literalAt(at: number, c: number, offset: number): number {
    for (const [word, value] of LITERALS) {
      let i = 0;
      while (i < word.length && this.#bytes[at + i] === word[i]) i++;
      if (i === word.length) return c < 0 ? at + i : this.#put(value, at + i, c, offset);
    }
    return -1;
  }

  /** @returns `end`, or -1 if the column cannot take the cell */
  #put(cell: unknown, end: number, c: number, offset: number): number {
    const code = this.#format.columns[c].codec.encode(cell);
    if (code === undefined) return -1;
    this.#data[offset + c] = code;
    return end;
  }

  /** The row from `at` to `end`, as text. */
  #anyRow(at: number, end: number, offset: number, row: number): void {
    const { source, columns, width } = this.#format, place = { source, row };
    const text = [...decodeText(this.#bytes.subarray(at, end), source)].join("");
    const value = parseLine(text, place);
    this.#data.fill(NaN, offset, offset + columns.length);
    if (width === undefined) return this.#readObject(value, offset, place);
    if (!Array.isArray(value)) refuseLine(place, "an array like row 1", "an object");
    if (value.length !== width) refuseLine(place, `${width} cells long`, `${value.length}`);
    this.#places.forEach((c, i) => {
      if (c >= 0) this.#readCell(value[i], c, offset, place);
    });
  }

  #readObject(value: object, offset: number, place: LinePlace): void {
    if (Array.isArray(value)) refuseLine(place, "an object like row 1", "an array");
    const cells: unknown[] = [];
    for (const [name, cell] of Object.entries(value)) {
      const c = this.#keys.meet(name, place.row);
      if (c >= 0) cells[c] = cell;
    }
    const { columns } = this.#format;
    if (cells.length === 0) {
      refuseNone(place, columns.map(({ name }) => name), Object.keys(value));
    }
    // Those that are there, in the order of the columns.
    cells.forEach((cell, c) => {
      this.#found[c] = 1;
      this.#readCell(cell, c, offset, place);
    });
  }

  #readCell(cell: unknown, c: number, offset: number, place: LinePlace): void {
    const { codec, name } = this.#format.columns[c], code = codec.encode(cell);
    if (code === undefined) refuseLine(place, codec.expected(cell), showCell(cell), name);
    this.#data[offset + c] = code;
  }

  /** A value by itself; undefined if it is none. */
  #parsed(start: number, end: number): unknown {
    try {
      return JSON.parse(this.#decoded(start, end) ?? "");
    } catch {
      return undefined;
    }
  }

  /** Undefined unless it is UTF-8. */
  #decoded(start: number, end: number): string | undefined {
    try {
      return DECODER.decode(this.#bytes.subarray(start, end));
    } catch {
      return undefined;
    }
  }

  /** Of the whole block, a character for each byte: to slice it costs less than to decode. */
  readonly #textOfBlock = (): string => {
    return this.#text ??= new TextDecoder("latin1").decode(this.#bytes);
  };

  /** Behind what may stand between values on a line. */
  #skip(at: number): number {
    const bytes = this.#bytes;
    let byte = bytes[at];
    while (byte === SPACE || byte === TAB || byte === RETURN) byte = bytes[++at];
    return at;
  }
}
