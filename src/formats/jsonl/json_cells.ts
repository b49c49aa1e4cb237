/**
 * Reads cells from JSON values in a block of bytes: numbers are parsed from bytes, texts go through their column's
 * codec. The caller gives the position of each value.
 */
import type { FileColumn } from "../row_reader.ts";
import { JsonNumber } from "./json_number.ts";

const RETURN = 0x0d, TAB = 0x09, SPACE = 0x20;
const QUOTE = 0x22, BACKSLASH = 0x5c, MINUS = 0x2d;
const OPEN = 0x5b, CLOSE = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;
const ASCII = 0x80;

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const LITERALS: readonly (readonly [Uint8Array, null | boolean])[] = [
  ...([null, true, false] as const).map((value) =>
    [new TextEncoder().encode(`${value}`), value] as const
  ),
];

/** Cells of the rows of a block; blocks are read one after another, reusing the memory. */
export class JsonCells {
  /** `[rows, columns]` of the block, followed by unused memory; NaN is missing. */
  data = new Float64Array();
  readonly #columns: readonly FileColumn[];
  readonly #number = new JsonNumber();
  #bytes = new Uint8Array();
  #text?: string;
  /** Index of the row's first cell. */
  #offset = 0;

  constructor(columns: readonly FileColumn[]) {
    this.#columns = columns;
  }

  beginBlock(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#text = undefined;
  }

  /** Starts a row, whose cells are all missing at first. */
  beginRow(row: number): void {
    const { length } = this.#columns, offset = row * length;
    if (offset + length > this.data.length) this.#grow();
    this.data.fill(NaN, offset, offset + length);
    this.#offset = offset;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.data.length + 64 * this.#columns.length);
    larger.set(this.data);
    this.data = larger;
  }

  /** Reads a value into its column, if it has one. @returns the position after it, or -1 if it is unusual */
  valueAt(at: number, c: number): number {
    const bytes = this.#bytes, first = bytes[at];
    if (first === QUOTE) return this.#stringAt(at, c);
    if (c < 0 && (first === OPEN || first === OPEN_OBJECT)) return this.#nestedAt(at);
    if (first !== MINUS && !(first >= 0x30 && first <= 0x39)) return this.#literalAt(at, c);
    const end = this.#number.read(bytes, at), { value } = this.#number;
    if (end < 0 || c < 0) return end;
    // The codec reports what is wrong with it.
    if (value === Infinity || value === -Infinity) return -1;
    const { codec } = this.#columns[c], code = codec.plain ? value : codec.encode(value);
    if (code === undefined) return -1;
    this.data[this.#offset + c] = code;
    return end;
  }

  #stringAt(at: number, c: number): number {
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
      return this.put(this.text().substring(at + 1, end), c) ? end + 1 : -1;
    }
    const text = isEscaped ? this.#parsed(at, end + 1) : this.#decoded(at + 1, end);
    return text !== undefined && (c < 0 || this.put(text, c)) ? end + 1 : -1;
  }

  /** Skips an object or array that is not read. */
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

  #literalAt(at: number, c: number): number {
    for (const [word, value] of LITERALS) {
      let i = 0;
      while (i < word.length && this.#bytes[at + i] === word[i]) i++;
      if (i === word.length) return c < 0 || this.put(value, c) ? at + i : -1;
    }
    return -1;
  }

  /** Stores the cell if the column can take it. @returns whether it can */
  put(cell: unknown, c: number): boolean {
    const code = this.#columns[c].codec.encode(cell);
    if (code === undefined) return false;
    this.data[this.#offset + c] = code;
    return true;
  }

  /** Parses a single value; undefined if it is not valid. */
  #parsed(start: number, end: number): unknown {
    try {
      return JSON.parse(this.#decoded(start, end) ?? "");
    } catch {
      return undefined;
    }
  }

  /** Undefined if it is not UTF-8. */
  #decoded(start: number, end: number): string | undefined {
    try {
      return DECODER.decode(this.#bytes.subarray(start, end));
    } catch {
      return undefined;
    }
  }

  /** The whole block as text, one character per byte: slicing it is cheaper than decoding. */
  readonly text = (): string => {
    return this.#text ??= new TextDecoder("latin1").decode(this.#bytes);
  };

  /** The position after whitespace within a line. */
  skip(at: number): number {
    const bytes = this.#bytes;
    let byte = bytes[at];
    while (byte === SPACE || byte === TAB || byte === RETURN) byte = bytes[++at];
    return at;
  }
}
