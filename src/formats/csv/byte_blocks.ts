/**
 * Cuts the bytes of a CSV file or of JSON lines, which arrive in pieces, into blocks of whole records, and counts the
 * records, so that blocks can be read independently and in any order.
 * Source: `record_ends.ts`. In JSON a line break never occurs inside quotes.
 */
import { DataError } from "../errors.ts";
import { RecordEnds } from "./record_ends.ts";

const NEWLINE = 10, QUOTE = 34;

/** A longer record has lost its closing quote, or is not a record. */
const MAX_RECORD_BYTES = 1 << 26;

/** The kind of records: CSV, whose first record is a header, CSV without one, or lines. */
export type RecordKind = "csv" | "headless csv" | "lines";

/** Whole records. */
export interface ByteBlock {
  /** Each record with its line break, except perhaps the last of the file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Records before it, without the header. */
  readonly firstRow: number;
  /** The line it starts on, from 1. */
  readonly firstLine: number;
  /** Whether a quote occurs in it. */
  readonly quoted: boolean;
}

/** Collects pieces and returns blocks of at least a given size. */
export class ByteBlocks {
  readonly #source: string;
  readonly #size: number;
  readonly #kind: RecordKind;
  readonly #spare: () => ArrayBuffer | undefined;
  /** Bytes that are not in a block yet; free memory from `#held` on. */
  #bytes = new Uint8Array();
  #held = 0;
  /** The end of the last whole record. */
  #recordsEnd = 0;
  /** Whether these bytes may contain a quote. */
  #mayQuote = false;
  readonly #ends = new RecordEnds();
  #records = 0;
  #line = 1;

  /**
   * Starts with nothing read.
   * @param source file name for messages
   * @param size minimum bytes in a block, except the last
   * @param spare returns unused memory for a block
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

  /** Copies a piece. Returns the records so far once they are large enough for a block. */
  push(piece: Uint8Array): ByteBlock | undefined {
    const end = this.#endOfRecords(piece), before = this.#held;
    this.#keep(piece);
    if (end > 0) this.#recordsEnd = before + end;
    // If the piece ends no record, the next one may.
    return end > 0 && this.#recordsEnd >= this.#size ? this.#take(this.#recordsEnd) : undefined;
  }

  /** Returns the rest. */
  finish(): ByteBlock | undefined {
    return this.#held === 0 ? undefined : this.#take(this.#held);
  }

  #keep(piece: Uint8Array): void {
    const held = this.#held + piece.length;
    if (held > MAX_RECORD_BYTES + 2 * this.#size) {
      const isCsv = this.#kind !== "lines", hint = isCsv ? " (is a closing quote missing?)" : "";
      const expected = `records of at most ${MAX_RECORD_BYTES} bytes${hint}`;
      const { lines } = count(this.#bytes.subarray(0, this.#recordsEnd), false);
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
    this.#held = this.#recordsEnd = 0;
    this.#mayQuote &&= rest.includes(QUOTE);
    this.#keep(rest);
    return block;
  }

  /** The position after the last line break outside quotes, or 0. */
  #endOfRecords(piece: Uint8Array): number {
    const ends = this.#ends;
    if (this.#kind === "lines") return piece.lastIndexOf(NEWLINE) + 1;
    if (!piece.includes(QUOTE)) {
      if (ends.isInside) return 0;
      // Only the last byte matters to what follows.
      if (piece.length > 0) ends.endsAt(piece[piece.length - 1]);
      return piece.lastIndexOf(NEWLINE) + 1;
    }
    this.#mayQuote = true;
    let end = 0;
    for (let i = 0; i < piece.length; i++) if (ends.endsAt(piece[i])) end = i + 1;
    return end;
  }
}

/** Counts line breaks, and those that end a record. */
function count(bytes: Uint8Array, quoted: boolean): { records: number; lines: number } {
  let lines = 0, records = 0;
  if (!quoted) {
    for (let i = 0; i < bytes.length; i++) if (bytes[i] === NEWLINE) lines++;
    return { records: lines, lines };
  }
  const ends = new RecordEnds();
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === NEWLINE) lines++;
    if (ends.endsAt(bytes[i])) records++;
  }
  return { records, lines };
}
