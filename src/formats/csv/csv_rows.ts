/**
 * Reads rows of CSV directly from bytes: the same as `csv.ts`, for known columns, without creating a string per cell.
 * Numbers are parsed from bytes (`text/decimal.ts`); every other cell goes through its column's codec as text. Blocks
 * with quotes are for `quoted_rows.ts`.
 */
import type { ByteBlock } from "./byte_blocks.ts";
import { parseDecimal, ShortDecimal } from "../text/decimal.ts";
import type { DecimalMark } from "./decimal_comma.ts";
import { DataError, quoteValue } from "../errors.ts";
import type { BlockRows, FileColumn } from "../row_reader.ts";
import { decodeText } from "../text/text.ts";
import { blankFault, namelessFault, widthFault } from "./row_faults.ts";

/** How the rows of a file are read. */
export interface RowFormat {
  /** File name, for messages. */
  readonly source: string;
  /** Cells in a row of the file. */
  readonly width: number;
  readonly separator: string;
  /** The decimal mark, if it is not a point. */
  readonly mark?: DecimalMark;
  /** The columns to read, in this order. */
  readonly columns: readonly FileColumn[];
  /** Positions of columns without a name, which may hold nothing. */
  readonly nameless?: readonly number[];
  /** Whether the first row is on the first line. */
  readonly isHeadless?: boolean;
}

const NEWLINE = 10, RETURN = 13, SPACE = 32;

/** In the place of a column's index. */
const UNREAD = -1, NAMELESS = -2;

/** Reads blocks without quotes one after another, reusing its memory. */
export class PlainRows {
  readonly #format: RowFormat;
  readonly #separator: number;
  readonly #mark: number;
  /** For each cell of the file, its column's index, UNREAD or NAMELESS. */
  readonly #places: Int32Array;
  /** The same, only for numeric columns. */
  readonly #numbers: Int32Array;
  /** Whether every cell of the file is in a numeric column. */
  readonly #isNumeric: boolean;
  readonly #short: ShortDecimal;
  #bytes = new Uint8Array();
  #data = new Float64Array();
  #text?: string;

  constructor(format: RowFormat) {
    this.#format = format;
    this.#separator = format.separator.charCodeAt(0);
    this.#mark = (format.mark ?? ".").charCodeAt(0);
    this.#short = new ShortDecimal(this.#mark);
    this.#places = new Int32Array(format.width).fill(UNREAD);
    for (const index of format.nameless ?? []) this.#places[index] = NAMELESS;
    format.columns.forEach(({ index }, c) => this.#places[index] = c);
    this.#numbers = this.#places.map((c) => c >= 0 && format.columns[c].codec.plain ? c : -1);
    this.#isNumeric = !this.#numbers.includes(-1);
  }

  /** @throws DataError naming the row, line and column of a cell that cannot be read */
  read({ bytes, firstLine, firstRow }: ByteBlock): BlockRows {
    this.#bytes = bytes;
    this.#text = undefined;
    const { length } = bytes, columns = this.#format.columns.length;
    let rows = 0, line = firstLine, blankLine: number | undefined;
    for (let at = 0; at < length; line++) {
      const offset = rows * columns, row = firstRow + rows + 1;
      if (offset + columns > this.#data.length) this.#grow();
      let next = this.#isNumeric && blankLine === undefined ? this.#shortRow(at, offset) : -1;
      if (next < 0) {
        const end = this.#endOfLine(at);
        next = end + (bytes[end] === RETURN ? 2 : 1);
        if (this.#isBlank(at, end)) {
          blankLine ??= line;
          at = next;
          continue;
        }
        if (blankLine !== undefined) throw blankFault(this.#format, row, blankLine);
        this.#anyRow(at, end, offset, row, line);
      }
      rows++;
      at = next;
    }
    return { data: this.#data.subarray(0, rows * columns), rows, blankLine };
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#data.length + 64 * this.#format.columns.length);
    larger.set(this.#data);
    this.#data = larger;
  }

  /** Reads a row of only short numbers. @returns the position after its line break, or -1 for any other row */
  #shortRow(at: number, offset: number): number {
    const bytes = this.#bytes, { length } = bytes, numbers = this.#numbers, data = this.#data;
    const short = this.#short, last = numbers.length - 1;
    for (let cell = 0; cell <= last; cell++) {
      const stop = short.read(bytes, at, length);
      if (stop < 0 || stop >= length) return -1;
      data[offset + numbers[cell]] = short.value;
      at = stop + 1;
      if (cell < last && bytes[stop] !== this.#separator) return -1;
      if (cell < last || bytes[stop] === NEWLINE) continue;
      if (bytes[stop] !== RETURN || at >= length || bytes[at] !== NEWLINE) return -1;
      at++;
    }
    return at;
  }

  /** Reads the row from `at` to `end`. */
  #anyRow(at: number, end: number, offset: number, row: number, line: number): void {
    const bytes = this.#bytes, separator = this.#separator, data = this.#data;
    const short = this.#short, numbers = this.#numbers, { width } = this.#format;
    let cell = 0;
    for (let start = at; start <= end; cell++) {
      const number = cell < width ? numbers[cell] : -1;
      let stop = number < 0 ? -1 : short.read(bytes, start, end);
      if (stop === end || (stop >= 0 && bytes[stop] === separator)) {
        data[offset + number] = short.value;
        start = stop + 1;
        continue;
      }
      stop = start;
      while (stop < end && bytes[stop] !== separator) stop++;
      const c = cell < width ? this.#places[cell] : UNREAD;
      if (c >= 0) data[offset + c] = this.#cell(start, stop, c, row, line);
      else if (c === NAMELESS && stop > start) {
        const { source } = this.#format, text = this.#textOf(start, stop);
        const fault = namelessFault(source, cell, text, row, line);
        if (fault) throw fault;
      }
      start = stop + 1;
    }
    if (cell !== width) throw widthFault(this.#format, row, line, cell);
  }

  /** The end of the line that starts at `at`: its line break, a carriage return before it, or the end. */
  #endOfLine(at: number): number {
    const found = this.#bytes.indexOf(NEWLINE, at);
    const end = found < 0 ? this.#bytes.length : found;
    return end > at && found >= 0 && this.#bytes[end - 1] === RETURN ? end - 1 : end;
  }

  #isBlank(start: number, end: number): boolean {
    for (let i = start; i < end; i++) if (this.#bytes[i] > SPACE) return false;
    return !(end > start && this.#separator < SPACE &&
      this.#bytes.subarray(start, end).includes(9));
  }

  #cell(start: number, stop: number, c: number, row: number, line: number): number {
    const column = this.#format.columns[c];
    if (column.codec.plain) {
      const value = parseDecimal(this.#bytes, start, stop, this.#mark);
      // NaN: not a number in a simple form.
      if (value === value) return value;
    }
    return encodeCell(this.#format, column, this.#textOf(start, stop), row, line);
  }

  /** A cell as text. If it is ASCII, it is a slice of the whole block's text, which is cheaper than decoding it. */
  #textOf(start: number, stop: number): string {
    for (let i = start; i < stop; i++) {
      if (this.#bytes[i] < 128) continue;
      return [...decodeText(this.#bytes.subarray(start, stop), this.#format.source)].join("");
    }
    this.#text ??= new TextDecoder("latin1").decode(this.#bytes);
    return this.#text.substring(start, stop);
  }
}

/** The number that encodes a cell. @throws DataError if there is none */
export function encodeCell(
  { source }: RowFormat,
  { codec, name }: FileColumn,
  cell: string,
  row: number,
  line: number,
): number {
  const value = codec.encode(cell);
  if (value !== undefined) return value;
  const details = { expected: codec.expected(cell), actual: quoteValue(cell) };
  throw new DataError({ source, row, line, column: name, ...details });
}
