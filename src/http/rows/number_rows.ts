/**
 * A fast path for JSON bodies of the form `{"rows":[[…],…]}` with nothing but numbers, as nearly all are: from bytes to
 * cells in one pass. Any other body, or a faulty one, is left to `JSON.parse` and the schemas, which say what is wrong
 * with it. A short number is one product or quotient of exact ones; the others go to `formats/text/decimal.ts` or the
 * host.
 */
import { JsonNumber } from "../../formats/jsonl/json_number.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { Steps } from "../../trained/steps.ts";
import type { Units } from "../../scoring/units.ts";
import type { RowArena } from "./row_arena.ts";

const SPACE = 0x20, LINE_FEED = 0x0a, RETURN = 0x0d, TAB = 0x09;
const COMMA = 0x2c, COLON = 0x3a;
const OPEN = 0x5b, CLOSE = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;
const KEY = new TextEncoder().encode('"rows"');

/** Bytes read in a step: a fifth of a millisecond. */
const STEP = 1 << 15;

/** What the rows must be. */
type NumberShape = Pick<Units, "columns" | "maxMagnitude">;

/**
 * The cells of such a body.
 * @param arena memory for the first row
 * @returns undefined for any other body
 */
export function readNumberRows(
  bytes: Uint8Array,
  shape: NumberShape,
  arena: RowArena,
): Cells | undefined {
  const reader = new Reader(bytes, shape, arena);
  reader.readTo(bytes.length);
  return reader.cells;
}

/** The same in steps. */
export function* numberRowSteps(
  bytes: Uint8Array,
  shape: NumberShape,
  arena: RowArena,
): Steps<Cells | undefined> {
  const reader = new Reader(bytes, shape, arena);
  for (let end = STEP; reader.readTo(end); end += STEP) yield;
  return reader.cells;
}

/** A longer copy, with room for the remaining rows at the average length so far; at least twice as long. */
function grown(data: Float64Array, bytes: number, read: number): Float64Array<ArrayBuffer> {
  const next = new Float64Array(Math.max(2, Math.ceil(bytes / read)) * data.length);
  next.set(data);
  return next;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #width: number;
  readonly #largest: number;
  readonly #json = new JsonNumber();
  #data: Float64Array;
  #rows = 0;
  /** The position of the next byte. */
  #at = 0;
  /** Undefined until the body has been read, and for any other body. */
  cells?: Cells;

  constructor(bytes: Uint8Array, { columns, maxMagnitude }: NumberShape, arena: RowArena) {
    this.#bytes = bytes;
    this.#width = columns.length;
    this.#largest = maxMagnitude;
    this.#data = arena.allocate(columns.length);
  }

  /** Reads the rows that begin before `end`. @returns whether more follow */
  readTo(end: number): boolean {
    if (this.#at === 0 && !this.#takeHead()) return false;
    do {
      if (this.#at >= end) return this.#at < this.#bytes.length;
      if (!this.#takeRow()) return false;
    } while (this.#take(COMMA));
    if (this.#take(CLOSE) && this.#take(CLOSE_OBJECT) && this.#isAtEnd()) {
      const data = this.#data, cells = this.#rows * this.#width;
      this.cells = {
        data: cells === data.length ? data : data.subarray(0, cells),
        rows: this.#rows,
      };
    }
    return false;
  }

  #takeHead(): boolean {
    return this.#take(OPEN_OBJECT) && this.#takeKey() && this.#take(COLON) && this.#take(OPEN);
  }

  /** Takes this byte if it comes next, after any spaces. @returns whether it did */
  #take(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) {
      this.#skip();
      if (this.#bytes[this.#at] !== byte) return false;
    }
    this.#at++;
    return true;
  }

  #takeKey(): boolean {
    this.#skip();
    for (let i = 0; i < KEY.length; i++) if (this.#bytes[this.#at + i] !== KEY[i]) return false;
    this.#at += KEY.length;
    return true;
  }

  #isAtEnd(): boolean {
    this.#skip();
    return this.#at === this.#bytes.length;
  }

  #takeRow(): boolean {
    const width = this.#width, largest = this.#largest, first = this.#rows * width;
    if (first === this.#data.length) this.#data = grown(this.#data, this.#bytes.length, this.#at);
    const data = this.#data;
    if (!this.#take(OPEN)) return false;
    for (let c = 0; c < width; c++) {
      if (c > 0 && !this.#take(COMMA)) return false;
      const value = this.#number();
      if (!(Math.abs(value) <= largest)) return false;
      data[first + c] = value;
    }
    this.#rows++;
    return this.#take(CLOSE);
  }

  /** The next number; NaN if there is none. */
  #number(): number {
    if (this.#bytes[this.#at] <= SPACE) this.#skip();
    const end = this.#json.read(this.#bytes, this.#at);
    if (end < 0) return NaN;
    this.#at = end;
    return this.#json.value;
  }

  #skip(): void {
    const bytes = this.#bytes;
    let byte = bytes[this.#at];
    while (byte === SPACE || byte === LINE_FEED || byte === RETURN || byte === TAB) {
      byte = bytes[++this.#at];
    }
  }
}
