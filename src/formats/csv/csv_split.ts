/**
 * Splits CSV text that arrives in pieces into blocks of whole records, and records into cells.
 * Source: RFC 4180 quoting; cells are split by papaparse 5.7.1. Limits: one record of at most 64 Mi characters.
 */
// @ts-types="./papaparse.d.ts"
import Papa from "npm:papaparse@5.7.1";
import { DataError } from "../errors.ts";

const MAX_RECORD_CHARS = 1 << 26;
const NEWLINE = 10;
const QUOTE = 34;

/** Collects pieces of text and returns blocks that end at the end of a record. */
export class RecordBlocks {
  #carry: string[] = [];
  #carryLength = 0;
  #insideQuotes = false;
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

  /** Index just after the last line break outside quotes, or 0; an escaped quote toggles twice. */
  #endOfRecords(piece: string): number {
    if (!piece.includes('"')) return this.#insideQuotes ? 0 : piece.lastIndexOf("\n") + 1;
    let end = 0;
    for (let i = 0; i < piece.length; i++) {
      const code = piece.charCodeAt(i);
      if (code === QUOTE) this.#insideQuotes = !this.#insideQuotes;
      else if (code === NEWLINE && !this.#insideQuotes) end = i + 1;
    }
    return end;
  }
}

/** Tab, semicolon, vertical bar or comma: the one that occurs most often outside quotes in the first line; comma if none does. */
export function detectSeparator(text: string): string {
  const counts = new Map([[",", 0], ["\t", 0], [";", 0], ["|", 0]]);
  let inside = false;
  for (const char of text) {
    if (char === '"') inside = !inside;
    else if (inside) continue;
    else if (char === "\n") break;
    else if (counts.has(char)) counts.set(char, (counts.get(char) ?? 0) + 1);
  }
  return [...counts].reduce((best, next) => next[1] > best[1] ? next : best)[0];
}

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
  const { data, errors } = Papa.parse(text, { delimiter: separator, newline: "\n" });
  // The text after the last line break is an empty record to papaparse.
  if (text.endsWith("\n")) data.pop();
  // An unclosed quote swallows the rest of the block: its record may be the one dropped above.
  const faultAt = errors.length === 0 ? Infinity : Math.min(errors[0].row ?? 0, data.length);
  const quoted = text.includes('"');
  let line = firstLine;
  for (let index = 0; index < data.length && index < faultAt; index++) {
    yield { cells: data[index], line };
    line += quoted ? 1 + countBreaks(data[index]) : 1;
  }
  if (faultAt <= data.length) {
    const expected = "a closing quote at the end of each quoted cell";
    throw new DataError({ source, line, expected });
  }
  return line;
}

function countBreaks(cells: readonly string[]): number {
  let count = 0;
  for (const cell of cells) {
    for (let at = cell.indexOf("\n"); at >= 0; at = cell.indexOf("\n", at + 1)) count++;
  }
  return count;
}
