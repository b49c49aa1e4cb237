/**
 * Cuts the bytes of a CSV file that arrive in pieces into blocks of whole records, and counts these: so that blocks
 * can be read by themselves, by anyone, in any order.
 * Source: RFC 4180: a line break inside quotes ends no record; an escaped quote toggles twice.
 */
import { DataError } from "./errors.ts";

const NEWLINE = 10, QUOTE = 34;

/** A record longer than this has lost its closing quote. */
const MAX_RECORD_BYTES = 1 << 26;

/** Whole records. */
export interface ByteBlock {
  /** Each with its line break, but for the last of a file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Records before it, the header not counted. */
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
  #carry: Uint8Array[] = [];
  #carried = 0;
  #insideQuotes = false;
  #records = 0;
  #line = 1;

  /**
   * Starts with nothing read.
   * @param source file name for messages
   * @param size bytes that a block has at least, but for the last
   */
  constructor(source: string, size: number) {
    this.#source = source;
    this.#size = size;
  }

  /** Takes a piece; the records so far, once they are enough. */
  push(piece: Uint8Array): ByteBlock | undefined {
    const end = this.#endOfRecords(piece);
    if (end === 0 || this.#carried + end < this.#size) {
      // Too little for a block: the next piece may bring its end.
      this.#keep(piece);
      return undefined;
    }
    this.#keep(piece.subarray(0, end));
    const block = this.#take();
    this.#keep(piece.subarray(end));
    return block;
  }

  /** What is left. */
  finish(): ByteBlock | undefined {
    return this.#carried === 0 ? undefined : this.#take();
  }

  #keep(piece: Uint8Array): void {
    if (piece.length > 0) this.#carry.push(piece);
    this.#carried += piece.length;
    if (this.#carried <= MAX_RECORD_BYTES + 2 * this.#size) return;
    const expected = `at most ${MAX_RECORD_BYTES} bytes long (is a closing quote missing?)`;
    throw new DataError({ source: this.#source, subject: "record", expected });
  }

  #take(): ByteBlock {
    const bytes = new Uint8Array(this.#carried);
    let at = 0;
    for (const piece of this.#carry) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.#carry = [];
    this.#carried = 0;
    const quoted = bytes.includes(QUOTE);
    const block = {
      bytes,
      firstRow: Math.max(0, this.#records - 1),
      firstLine: this.#line,
      quoted,
    };
    const { records, lines } = count(bytes, quoted);
    this.#records += records;
    this.#line += lines;
    return block;
  }

  /** Just behind the last line break outside quotes, or 0. */
  #endOfRecords(piece: Uint8Array): number {
    if (!piece.includes(QUOTE)) return this.#insideQuotes ? 0 : piece.lastIndexOf(NEWLINE) + 1;
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
  let lines = 0, records = 0;
  if (!quoted) {
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
    return { records: lines, lines };
  }
  let inside = false;
  for (const byte of bytes) {
    if (byte === QUOTE) inside = !inside;
    if (byte !== NEWLINE) continue;
    lines++;
    if (!inside) records++;
  }
  return { records, lines };
}
