/**
 * Reads rows of JSON lines directly from bytes: the same as `jsonl.ts`, for known columns, without creating a string
 * per line. Keys are compared as bytes, first with the key that followed last time; `json_cells.ts` reads their values.
 * A line with anything unusual or wrong is parsed as text (`json_line.ts`).
 */
import type { ByteBlock } from "../csv/byte_blocks.ts";
import type { DataError } from "../errors.ts";
import type { BlockRows, FileColumn, RowReader } from "../row_reader.ts";
import { decodeText } from "../text/text.ts";
import {
  blankFault,
  type LinePlace,
  parseLine,
  refuseEmpty,
  refuseLine,
  showCell,
} from "./json_line.ts";
import { JsonCells } from "./json_cells.ts";
import { JsonKeys, type Key } from "./json_keys.ts";

/** How the rows of a file are read. */
export interface JsonFormat {
  /** File name, for messages. */
  readonly source: string;
  /** Cells in a row, if rows are arrays. */
  readonly width?: number;
  /** The columns to read, in this order. */
  readonly columns: readonly FileColumn[];
}

const NEWLINE = 0x0a, COMMA = 0x2c, COLON = 0x3a;
const OPEN = 0x5b, CLOSE = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;

/** Reads blocks one after another, reusing its memory. */
export class JsonRows implements RowReader {
  readonly #format: JsonFormat;
  readonly #cells: JsonCells;
  readonly #keys: JsonKeys;
  /** For each cell of an array, its column's index, or -1. */
  readonly #places: Int32Array;
  /** For each column, whether a row of the block has it. */
  readonly #found: Uint8Array;
  #first?: Key;
  #bytes = new Uint8Array();

  constructor(format: JsonFormat) {
    const { columns, width = 0 } = format;
    this.#format = format;
    this.#cells = new JsonCells(columns);
    this.#keys = new JsonKeys(columns.map(({ name }) => name));
    this.#places = new Int32Array(width).fill(-1);
    columns.forEach(({ index }, c) => this.#places[index] = c);
    this.#found = new Uint8Array(columns.length);
  }

  /** @throws DataError naming the row, line and column of a cell that cannot be read */
  read({ bytes, firstRow }: ByteBlock): BlockRows {
    this.#bytes = bytes;
    this.#cells.beginBlock(bytes);
    this.#found.fill(0);
    const { columns, width } = this.#format;
    let rows = 0, blankLine: number | undefined;
    for (let at = 0; at < bytes.length;) {
      const row = firstRow + rows + 1;
      this.#cells.beginRow(rows);
      let next = blankLine === undefined ? this.#usualRow(at, row) : -1;
      if (next < 0) {
        const found = bytes.indexOf(NEWLINE, at), end = found < 0 ? bytes.length : found;
        next = end + 1;
        if (this.#cells.skip(at) >= end) {
          blankLine ??= row;
          at = next;
          continue;
        }
        if (blankLine !== undefined) throw this.blankFault(blankLine);
        this.#cells.beginRow(rows);
        this.#anyRow(at, end, row);
      }
      rows++;
      at = next;
    }
    const data = this.#cells.data.subarray(0, rows * columns.length);
    if (width !== undefined) return { data, rows, blankLine };
    const lacking = columns.filter((_, c) => this.#found[c] === 0).map(({ name }) => name);
    return { data, rows, blankLine, keys: { unknown: this.#keys.newlyUnknown(), lacking } };
  }

  /** @param row the row that the blank line replaces, which is also its line number */
  blankFault(row: number): DataError {
    return blankFault({ source: this.#format.source, row });
  }

  /** Reads a row in the usual form. @returns the position after its line break, or -1 for any other row */
  #usualRow(start: number, row: number): number {
    let at = this.#cells.skip(start);
    at = this.#format.width === undefined ? this.#usualObject(at, row) : this.#usualArray(at);
    if (at < 0) return -1;
    at = this.#cells.skip(at);
    return at >= this.#bytes.length || this.#bytes[at] === NEWLINE ? at + 1 : -1;
  }

  #usualObject(at: number, row: number): number {
    const bytes = this.#bytes;
    if (bytes[at] !== OPEN_OBJECT) return -1;
    let last: Key | undefined, isFound = false;
    do {
      at = this.#cells.skip(at + 1);
      const key = this.#keys.at(bytes, this.#cells.text, at, last ? last.next : this.#first);
      if (!key || key.row === row) return -1;
      if (last) last.next = key;
      else this.#first = key;
      key.row = row;
      at = this.#cells.skip(at + key.bytes.length);
      if (bytes[at] !== COLON) return -1;
      at = this.#cells.valueAt(this.#cells.skip(at + 1), key.column);
      if (at < 0) return -1;
      if (key.column >= 0) {
        this.#found[key.column] = 1;
        isFound = true;
      }
      at = this.#cells.skip(at);
      last = key;
    } while (bytes[at] === COMMA);
    return isFound && bytes[at] === CLOSE_OBJECT ? at + 1 : -1;
  }

  #usualArray(at: number): number {
    const bytes = this.#bytes, places = this.#places;
    if (bytes[at] !== OPEN) return -1;
    for (let cell = 0; cell < places.length; cell++) {
      if (cell > 0 && bytes[at] !== COMMA) return -1;
      at = this.#cells.valueAt(this.#cells.skip(at + 1), places[cell]);
      if (at < 0) return -1;
      at = this.#cells.skip(at);
    }
    return bytes[at] === CLOSE ? at + 1 : -1;
  }

  /** Reads the row from `at` to `end` as text. */
  #anyRow(at: number, end: number, row: number): void {
    const { source, width } = this.#format, place = { source, row };
    const text = [...decodeText(this.#bytes.subarray(at, end), source)].join("");
    const value = parseLine(text, place);
    if (width === undefined) return this.#readObject(value, place);
    if (!Array.isArray(value)) refuseLine(place, "an array, as in row 1", "an object");
    if (value.length !== width) refuseLine(place, `${width} cells`, `${value.length}`);
    this.#places.forEach((c, i) => {
      if (c >= 0) this.#readCell(value[i], c, place);
    });
  }

  #readObject(value: object, place: LinePlace): void {
    if (Array.isArray(value)) refuseLine(place, "an object, as in row 1", "an array");
    const cells: unknown[] = [];
    for (const [name, cell] of Object.entries(value)) {
      const c = this.#keys.register(name, place.row);
      if (c >= 0) cells[c] = cell;
    }
    const { columns } = this.#format;
    if (cells.length === 0) {
      refuseEmpty(place, columns.map(({ name }) => name), Object.keys(value));
    }
    // The cells that are present, in column order.
    cells.forEach((cell, c) => {
      this.#found[c] = 1;
      this.#readCell(cell, c, place);
    });
  }

  #readCell(cell: unknown, c: number, place: LinePlace): void {
    if (this.#cells.put(cell, c)) return;
    const { codec, name } = this.#format.columns[c];
    refuseLine(place, codec.expected(cell), showCell(cell), name);
  }
}
