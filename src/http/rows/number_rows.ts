/**
 * A fast path for JSON bodies of the form `{"rows":[[…],…]}` with nothing but numbers, as nearly all are: from bytes to
 * cells in one pass. Any other body, or a faulty one, is left to `JSON.parse` and the schemas, which say what is wrong
 * with it. A short number is one product or quotient of exact ones; the others go to `formats/text/decimal.ts` or the
 * host.
 */
import { JsonNumber } from "../../formats/jsonl/json_number.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { RowArena } from "./row_arena.ts";

const SPACE = 0x20, LINE_FEED = 0x0a, RETURN = 0x0d, TAB = 0x09;
const COMMA = 0x2c, COLON = 0x3a;
const OPEN = 0x5b, CLOSE = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;
const KEY = new TextEncoder().encode('"rows"');

/**
 * The cells of such a body.
 * @param width cells per row
 * @param largest greatest magnitude of a cell
 * @param arena memory for the first row
 * @returns undefined for any other body
 */
export function readNumberRows(
  bytes: Uint8Array,
  width: number,
  largest: number,
  arena: RowArena,
): Cells | undefined {
  const reader = new Reader(bytes);
  if (!reader.take(OPEN_OBJECT) || !reader.takeKey() || !reader.take(COLON)) return undefined;
  if (!reader.take(OPEN)) return undefined;
  let data = arena.allocate(width), rows = 0;
  do {
    const first = rows * width;
    if (first === data.length) data = grown(data, bytes.length, reader.at);
    if (!reader.takeRow(data, first, width, largest)) return undefined;
    rows++;
  } while (reader.take(COMMA));
  if (!reader.take(CLOSE) || !reader.take(CLOSE_OBJECT) || !reader.isAtEnd()) return undefined;
  const whole = rows * width === data.length;
  return { data: whole ? data : data.subarray(0, rows * width), rows };
}

/** A longer copy, with room for the remaining rows at the average length so far; at least twice as long. */
function grown(data: Float64Array, bytes: number, read: number): Float64Array<ArrayBuffer> {
  const next = new Float64Array(Math.max(2, Math.ceil(bytes / read)) * data.length);
  next.set(data);
  return next;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #json = new JsonNumber();
  /** The position of the next byte. */
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Takes this byte if it comes next, after any spaces. @returns whether it did */
  take(byte: number): boolean {
    if (this.#bytes[this.at] !== byte) {
      this.#skip();
      if (this.#bytes[this.at] !== byte) return false;
    }
    this.at++;
    return true;
  }

  takeKey(): boolean {
    this.#skip();
    for (let i = 0; i < KEY.length; i++) if (this.#bytes[this.at + i] !== KEY[i]) return false;
    this.at += KEY.length;
    return true;
  }

  isAtEnd(): boolean {
    this.#skip();
    return this.at === this.#bytes.length;
  }

  takeRow(data: Float64Array, first: number, width: number, largest: number): boolean {
    if (!this.take(OPEN)) return false;
    for (let c = 0; c < width; c++) {
      if (c > 0 && !this.take(COMMA)) return false;
      const value = this.#number();
      if (!(Math.abs(value) <= largest)) return false;
      data[first + c] = value;
    }
    return this.take(CLOSE);
  }

  /** The next number; NaN if there is none. */
  #number(): number {
    if (this.#bytes[this.at] <= SPACE) this.#skip();
    const end = this.#json.read(this.#bytes, this.at);
    if (end < 0) return NaN;
    this.at = end;
    return this.#json.value;
  }

  #skip(): void {
    const bytes = this.#bytes;
    let byte = bytes[this.at];
    while (byte === SPACE || byte === LINE_FEED || byte === RETURN || byte === TAB) {
      byte = bytes[++this.at];
    }
  }
}
