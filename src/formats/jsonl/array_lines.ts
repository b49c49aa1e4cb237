/**
 * A JSON array of rows as JSON lines: `[{…}, {…}]` or `[[…], […]]`, on one line or many. Each byte becomes one byte:
 * commas between rows become line feeds, and line breaks within a row and the outer brackets become spaces. All other
 * bytes are unchanged, as are files that do not begin with such an array.
 */
import { DataError } from "../errors.ts";
import type { Converter } from "../text/converter.ts";

const QUOTE = 0x22, COMMA = 0x2c, BACKSLASH = 0x5c, SPACE = 0x20, LINE_FEED = 0x0a;
const OPEN = 0x5b, CLOSE = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;

/** Bytes that may come before a value: white space, and a byte order mark. */
const BEFORE = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);

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

  constructor(source: string) {
    this.#source = source;
  }

  push(piece: Uint8Array): Uint8Array {
    if (this.#isArray !== undefined) return this.#isArray ? piece.map(this.#convert) : piece;
    const bytes = Uint8Array.of(...this.#held, ...piece.subarray(0, 64));
    const [first, second] = bytes.filter((byte) => !BEFORE.has(byte));
    const isDecided = first !== undefined && (first !== OPEN || second !== undefined);
    const all = joined(this.#held, piece);
    this.#held = isDecided ? new Uint8Array() : all;
    if (!isDecided) return new Uint8Array();
    this.#isArray = first === OPEN && (second === OPEN || second === OPEN_OBJECT);
    return this.push(all);
  }

  /** @throws DataError for an array that does not end */
  end(): Uint8Array {
    if (this.#isArray && this.#depth > 0) {
      const expected = "] after the last row", actual = "the end of the file";
      throw new DataError({ source: this.#source, expected, actual });
    }
    return this.#held;
  }

  readonly #convert = (byte: number): number => {
    if (this.#isText) {
      this.#isText = this.#isEscaped || byte !== QUOTE;
      this.#isEscaped = !this.#isEscaped && byte === BACKSLASH;
      return byte;
    }
    if (byte === QUOTE) this.#isText = true;
    else if (byte === OPEN || byte === OPEN_OBJECT) return this.#depth++ === 0 ? SPACE : byte;
    else if (byte === CLOSE || byte === CLOSE_OBJECT) return --this.#depth === 0 ? LINE_FEED : byte;
    else if (byte === COMMA && this.#depth === 1) return LINE_FEED;
    else if (byte === LINE_FEED || byte === 0x0d) return SPACE;
    return byte;
  };
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
