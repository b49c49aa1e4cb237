/**
 * A JSON array of rows as JSON lines: `[{…}, {…}]` or `[[…], […]]`, on one line or many. Each byte becomes one byte:
 * commas between rows become line feeds, and line breaks within a row and the outer brackets become spaces. All other
 * bytes are unchanged, as are files that do not begin with such an array.
 * Source: RFC 8259. What is between rows is checked here, a row by its reader.
 */
import { DataError, quoteValue } from "../errors.ts";
import type { Converter } from "../text/converter.ts";

const QUOTE = 0x22, COMMA = 0x2c, BACKSLASH = 0x5c, SPACE = 0x20, LINE_FEED = 0x0a, RETURN = 0x0d;
const OPEN = 0x5b, CLOSE = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;

const WHITE_SPACE = new Set([SPACE, 0x09, LINE_FEED, RETURN]);

/** Bytes that may come before the array: white space, and a byte order mark. */
const BEFORE = new Set([...WHITE_SPACE, 0xef, 0xbb, 0xbf]);

/** What may come next outside of rows. */
const FIRST = 0, NEXT = 1, ROW_END = 2, FILE_END = 3;

const EXPECTED = [
  "a row, an object or array, or ]",
  "a row, an object or array",
  "a comma, or ] after the last row",
  "nothing after the ] of the array",
];

/** Whether a file may hold such an array, by its name. */
export function mayBeArray(name: string): boolean {
  return name === "-" || /\.json(\.gz)?$/i.test(name);
}

/** Converts a file in pieces. */
export class ArrayLines implements Converter {
  readonly #source: string;
  /** Bytes that do not yet show what the file is. */
  #held: Uint8Array = new Uint8Array();
  #isArray: boolean | undefined;
  /** Brackets that are open, the outer one among them. */
  #depth = 0;
  #isText = false;
  #isEscaped = false;
  #next = FIRST;
  /** The last row that began, from 1, and the line of the file. */
  #row = 0;
  #line = 1;

  constructor(source: string) {
    this.#source = source;
  }

  push(piece: Uint8Array): Uint8Array {
    if (this.#isArray !== undefined) return this.#isArray ? this.#convert(piece) : piece;
    const all = joined(this.#held, piece), [first, second] = firstTwo(all);
    const isDecided = first !== undefined && (first !== OPEN || second !== undefined);
    this.#held = isDecided ? new Uint8Array() : all;
    if (!isDecided) return new Uint8Array();
    this.#isArray = first === OPEN && [OPEN, OPEN_OBJECT, CLOSE, COMMA].includes(second);
    return this.push(all);
  }

  /** @throws DataError for an array that does not end, or has no rows */
  end(): Uint8Array {
    const isOpen = this.#isArray ? this.#depth > 0 : this.#held.includes(OPEN);
    if (isOpen) this.#refuse("] after the last row", "the end of the file");
    if (this.#isArray && this.#row === 0) this.#refuse("at least one row", "an empty array");
    return this.#held;
  }

  #convert(piece: Uint8Array): Uint8Array {
    return piece.map((byte, i) => {
      if (byte === LINE_FEED) this.#line++;
      if (this.#isText) {
        this.#isText = this.#isEscaped || byte !== QUOTE;
        this.#isEscaped = !this.#isEscaped && byte === BACKSLASH;
        return byte;
      }
      if (this.#depth > 1) return this.#inRow(byte);
      const isSpace = this.#depth === 0 && this.#next === FIRST ? BEFORE : WHITE_SPACE;
      return isSpace.has(byte) ? SPACE : this.#betweenRows(byte, piece, i);
    });
  }

  #inRow(byte: number): number {
    if (byte === QUOTE) this.#isText = true;
    else if (byte === OPEN || byte === OPEN_OBJECT) this.#depth++;
    else if (byte === CLOSE || byte === CLOSE_OBJECT) {
      if (--this.#depth === 1) this.#next = ROW_END;
    }
    return byte === LINE_FEED || byte === RETURN ? SPACE : byte;
  }

  #betweenRows(byte: number, piece: Uint8Array, at: number): number {
    const next = this.#next, isFirst = this.#depth === 0 && next === FIRST;
    if (isFirst) {
      this.#depth = 1;
      return SPACE;
    }
    const isRow = byte === OPEN || byte === OPEN_OBJECT;
    if (isRow && (next === FIRST || next === NEXT)) {
      this.#depth++;
      this.#row++;
      return byte;
    }
    if (byte === COMMA && next === ROW_END) {
      this.#next = NEXT;
      return LINE_FEED;
    }
    if (byte === CLOSE && (next === FIRST || next === ROW_END)) {
      this.#depth = 0;
      this.#next = FILE_END;
      return LINE_FEED;
    }
    const rest = new TextDecoder().decode(piece.subarray(at, at + 50));
    return this.#refuse(EXPECTED[next], quoteValue(rest.split("\n")[0]));
  }

  #refuse(expected: string, actual: string): never {
    const place = this.#row > 0 ? { row: this.#next === NEXT ? this.#row + 1 : this.#row } : {};
    throw new DataError({ source: this.#source, ...place, line: this.#line, expected, actual });
  }
}

/** The first two bytes that may not come before the array, if there are so many. */
function firstTwo(bytes: Uint8Array): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at < bytes.length && found.length < 2; at++) {
    if (!BEFORE.has(bytes[at])) found.push(bytes[at]);
  }
  return found;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
