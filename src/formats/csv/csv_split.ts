/**
 * Splits CSV text that arrives in pieces into blocks of whole records, and records into cells.
 * Source: RFC 4180. A quote that is not the first character of a cell is a part of it, and white space may follow a
 * closing quote. Limits: one record of at most 64 Mi characters.
 */
import { DataError } from "../errors.ts";
import { markOf } from "./decimal_comma.ts";
import { RecordEnds } from "./record_ends.ts";

const MAX_RECORD_CHARS = 1 << 26;
const NEWLINE = 10, SPACE = 32, QUOTE = 34;

/** Collects pieces of text and returns blocks that end at the end of a record. */
export class RecordBlocks {
  #carry: string[] = [];
  #carryLength = 0;
  readonly #ends = new RecordEnds();
  readonly #source: string;

  /**
   * Starts with nothing read.
   * @param source file name for messages
   */
  constructor(source: string) {
    this.#source = source;
  }

  /** Takes a piece of text; returns all whole records so far with their line breaks, or "". */
  push(piece: string): string {
    const end = this.#endOfRecords(piece);
    if (end === 0) {
      this.#keep(piece);
      return "";
    }
    const block = this.#carry.join("") + piece.slice(0, end);
    this.#carry = [];
    this.#carryLength = 0;
    this.#keep(piece.slice(end));
    return block;
  }

  /** Returns what is left after the last line break, or "". */
  finish(): string {
    const rest = this.#carry.join("");
    this.#carry = [];
    return rest;
  }

  #keep(text: string): void {
    this.#carryLength += text.length;
    if (this.#carryLength > MAX_RECORD_CHARS) {
      const expected =
        `records of at most ${MAX_RECORD_CHARS} characters (is a closing quote missing?)`;
      throw new DataError({ source: this.#source, expected });
    }
    if (text.length > 0) this.#carry.push(text);
  }

  /** Index just after the last line break outside quotes, or 0. */
  #endOfRecords(piece: string): number {
    const ends = this.#ends;
    if (!piece.includes('"')) {
      if (ends.isInside) return 0;
      // Only the last character matters to what follows.
      if (piece.length > 0) ends.endsAt(piece.charCodeAt(piece.length - 1));
      return piece.lastIndexOf("\n") + 1;
    }
    let end = 0;
    for (let i = 0; i < piece.length; i++) if (ends.endsAt(piece.charCodeAt(i))) end = i + 1;
    return end;
  }
}

/**
 * Tab, semicolon, vertical bar or comma: the one that occurs most often outside quotes in the first line; comma if none
 * does. Commas that all are decimal marks between others separate nothing: -0,5;1,25 has two cells.
 */
export function detectSeparator(text: string): string {
  const ends = new RecordEnds();
  let line = "";
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (ends.endsAt(code)) break;
    if (!ends.isInside) line += text[i];
  }
  const counts = SEPARATORS.map((separator) => line.split(separator).length);
  const most = (among: readonly string[]) =>
    among.reduce((best, next) =>
      counts[SEPARATORS.indexOf(next)] > counts[SEPARATORS.indexOf(best)] ? next : best
    );
  const other = most(SEPARATORS.slice(1)), cells = line.split(other);
  const areMarks = cells.length > 1 &&
    cells.every((cell) => !cell.includes(",") || markOf(cell) === ",");
  return areMarks ? other : most(SEPARATORS);
}

const SEPARATORS = [",", "\t", ";", "|"];

/** One record of cells and the line it starts on. */
export interface CsvRecord {
  /** Cells as text, quotes removed. */
  readonly cells: readonly string[];
  /** Line of the file, from 1. */
  readonly line: number;
}

/** The records of a block of whole records; `firstLine` is the line the block starts on. */
export function* splitRecords(
  block: string,
  separator: string,
  firstLine: number,
  source: string,
): Generator<CsvRecord, number> {
  const text = block.includes("\r") ? block.replaceAll("\r\n", "\n") : block;
  let line = firstLine, quote = text.indexOf('"');
  for (let at = 0; at < text.length;) {
    if (quote >= 0 && quote < at) quote = text.indexOf('"', at);
    const found = text.indexOf("\n", at), end = found < 0 ? text.length : found;
    if (quote < 0 || quote > end) {
      yield { cells: text.slice(at, end).split(separator), line };
      line++;
      at = end + 1;
      continue;
    }
    const record = quotedRecord(text, at, separator.charCodeAt(0));
    if (!record) {
      const expected = "a closing quote at the end of each quoted cell";
      throw new DataError({ source, line, expected });
    }
    yield { cells: record.cells, line };
    line += 1 + record.breaks;
    at = record.next;
  }
  return line;
}

/** A record with quotes. */
interface QuotedRecord {
  readonly cells: readonly string[];
  /** Line breaks inside its cells. */
  readonly breaks: number;
  /** The position after it. */
  readonly next: number;
}

/** Reads the record at a position; undefined if a quoted cell does not end as it should. */
function quotedRecord(text: string, start: number, separator: number): QuotedRecord | undefined {
  const cells: string[] = [];
  let breaks = 0;
  for (let at = start;;) {
    let end = at;
    if (text.charCodeAt(at) === QUOTE) {
      const cell = quotedCell(text, at);
      if (!cell) return undefined;
      cells.push(cell.text);
      breaks += cell.breaks;
      end = cell.next;
      while (end < text.length && isSpace(text.charCodeAt(end), separator)) end++;
      if (end < text.length && !isCellEnd(text.charCodeAt(end), separator)) return undefined;
    } else {
      while (end < text.length && !isCellEnd(text.charCodeAt(end), separator)) end++;
      cells.push(text.slice(at, end));
    }
    if (text.charCodeAt(end) !== separator) return { cells, breaks, next: end + 1 };
    at = end + 1;
  }
}

/** Reads the quoted cell at a position; undefined if no quote closes it. */
function quotedCell(text: string, start: number) {
  let breaks = 0, isEscaped = false;
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE) breaks++;
    else if (code === QUOTE) {
      if (text.charCodeAt(at + 1) !== QUOTE) {
        const cell = text.slice(start + 1, at);
        // Several times as fast as replaceAll.
        const read = isEscaped ? cell.split('""').join('"') : cell;
        return { text: read, breaks, next: at + 1 };
      }
      isEscaped = true;
      at++;
    }
  }
  return undefined;
}

function isSpace(code: number, separator: number): boolean {
  return code <= SPACE && !isCellEnd(code, separator);
}

function isCellEnd(code: number, separator: number): boolean {
  return code === separator || code === NEWLINE;
}
