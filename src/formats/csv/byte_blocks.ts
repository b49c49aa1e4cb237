/**
 * Cuts the bytes of a CSV file, or of JSON lines, that arrive in pieces into blocks of whole records, and counts these: so
 * that blocks can be read by themselves, by anyone, in any order.
 * Source: RFC 4180: a line break inside quotes ends no record; an escaped quote toggles twice. In JSON a line break
 * is never inside quotes.
 */
import { DataError } from "../errors.ts";

const NEWLINE = 10, QUOTE = 34;

/** A record longer than this has lost its closing quote, or is none. */
const MAX_RECORD_BYTES = 1 << 26;

/** What records are: of CSV, whose first is a header, or lines. */
export type RecordKind = "csv" | "lines";

/** Whole records. */
export interface ByteBlock {
  /** Each with its line break, but for the last of a file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Records before it, a header not counted. */
  readonly firstRow: number;
  /** The line that it starts on, from 1. */
  readonly firstLine: number;
  /** Whether a quote occurs in it. */
  readonly quoted: boolean;
}

/** Gathers pieces and hands out blocks of some size. */
export class ByteBlocks {
  readonly #source: string;
  readonly #size: number;
  readonly #kind: RecordKind;
  readonly #spare: () => ArrayBuffer | undefined;
  /** What came and is in no block yet; what is behind `#held` is free. */
  #bytes = new Uint8Array();
  #held = 0;
  /** Just behind the last record in it that is whole. */
  #whole = 0;
  /** Whether a quote may be in it. */
  #mayQuote = false;
  #insideQuotes = false;
  #records = 0;
  #line = 1;

  /**
   * Starts with nothing read.
   * @param source file name for messages
   * @param size bytes that a block has at least, but for the last
   * @param spare memory that nobody needs any more, for a block
   */
  constructor(
    source: string,
    size: number,
    spare: () => ArrayBuffer | undefined = () => undefined,
    kind: RecordKind = "csv",
  ) {
    this.#source = source;
    this.#size = size;
    this.#spare = spare;
    this.#kind = kind;
  }

  /** Takes a piece, which is copied; the records so far, once they are enough. */
  push(piece: Uint8Array): ByteBlock | undefined {
    const end = this.#endOfRecords(piece), before = this.#held;
    this.#keep(piece);
    if (end > 0) this.#whole = before + end;
    // Where the piece ends no record, the next one may bring its end.
    return end > 0 && this.#whole >= this.#size ? this.#take(this.#whole) : undefined;
  }

  /** What is left. */
  finish(): ByteBlock | undefined {
    return this.#held === 0 ? undefined : this.#take(this.#held);
  }

  #keep(piece: Uint8Array): void {
    const held = this.#held + piece.length;
    if (held > MAX_RECORD_BYTES + 2 * this.#size) {
      const isCsv = this.#kind === "csv", hint = isCsv ? " (is a closing quote missing?)" : "";
      const expected = `records of at most ${MAX_RECORD_BYTES} bytes${hint}`;
      const { lines } = count(this.#bytes.subarray(0, this.#whole), false);
      const place = isCsv ? {} : { line: this.#line + lines };
      throw new DataError({ source: this.#source, ...place, expected });
    }
    if (held > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(held, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#held));
      this.#bytes = larger;
    }
    this.#bytes.set(piece, this.#held);
    this.#held = held;
  }

  #take(end: number): ByteBlock {
    const bytes = this.#bytes.subarray(0, end), rest = this.#bytes.subarray(end, this.#held);
    const quoted = this.#mayQuote && bytes.includes(QUOTE);
    const block = {
      bytes,
      firstRow: Math.max(0, this.#records - (this.#kind === "csv" ? 1 : 0)),
      firstLine: this.#line,
      quoted,
    };
    const { records, lines } = count(bytes, quoted);
    this.#records += records;
    this.#line += lines;
    this.#bytes = new Uint8Array(this.#spare() ?? new ArrayBuffer());
    this.#held = this.#whole = 0;
    this.#mayQuote &&= rest.includes(QUOTE);
    this.#keep(rest);
    return block;
  }

  /** Just behind the last line break outside quotes, or 0. */
  #endOfRecords(piece: Uint8Array): number {
    const mayQuote = this.#kind === "csv" && piece.includes(QUOTE);
    if (!mayQuote) return this.#insideQuotes ? 0 : piece.lastIndexOf(NEWLINE) + 1;
    this.#mayQuote = true;
    let end = 0;
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i];
      if (byte === QUOTE) this.#insideQuotes = !this.#insideQuotes;
      else if (byte === NEWLINE && !this.#insideQuotes) end = i + 1;
    }
    return end;
  }
}

/** Line breaks, and those that end a record. */
function count(bytes: Uint8Array, quoted: boolean): { records: number; lines: number } {
  let lines = 0, records = 0, inside = false;
  if (!quoted) {
    for (let i = 0; i < bytes.length; i++) if (bytes[i] === NEWLINE) lines++;
    return { records: lines, lines };
  }
  for (const byte of bytes) {
    if (byte === QUOTE) inside = !inside;
    if (byte !== NEWLINE) continue;
    lines++;
    if (!inside) records++;
  }
  return { records, lines };
}
