/**
 * Parses one line of JSON lines: an object, whose keys name the columns of its values, or an array of values.
 * Source: RFC 8259. Limits: each key once; the column checks the value.
 */
import { DataError, listNames, quoteValue } from "../errors.ts";

/**
 * The place of a line, for messages. In JSON lines, row and line are equal, because only the last lines may be blank.
 */
export interface LinePlace {
  readonly source: string;
  /** Row number, from 1. */
  readonly row: number;
}

/**
 * @returns an object, or an array that contains no objects
 * @throws DataError for anything else, and for a repeated key
 */
export function parseLine(line: string, place: LinePlace): object {
  const value = parse(line);
  if (typeof value !== "object" || value === null) {
    refuseLine(place, expectedOf(line, place), quoteValue(line.trim()));
  }
  if (!Array.isArray(value)) requireUniqueKeys(line, value, place);
  else if (value.some((cell) => typeof cell === "object" && cell && !Array.isArray(cell))) {
    refuseLine(place, "an array of cells (objects: one per line)", "an array of objects");
  }
  return value;
}

/** @throws DataError naming the line */
export function refuseLine(...fault: Parameters<typeof lineFault>): never {
  throw lineFault(...fault);
}

/** An error in a line. */
export function lineFault(
  { source, row }: LinePlace,
  expected: string,
  actual: string,
  column?: string,
): DataError {
  // Rows of an array are on any line.
  const place = isJson(source) ? { row } : { row, line: row };
  return new DataError({ source, ...place, column, expected, actual });
}

/** A blank line with rows after it, which could be a lost row. */
export function blankFault(place: LinePlace): DataError {
  return lineFault(place, "a JSON object or array", "a blank line");
}

function isJson(source: string): boolean {
  return /\.json(\.gz)?$/i.test(source);
}

/** Refuses a row without any cell. @throws DataError naming the line */
export function refuseEmpty(
  place: LinePlace,
  columns: readonly string[],
  names: readonly string[],
): never {
  const expected = columns.length === 0
    ? "an object with keys"
    : `an object with at least one of the columns ${listNames(columns)}`;
  const actual = names.length === 0 ? "one without keys" : `one with ${listNames(names)}`;
  refuseLine(place, expected, actual);
}

/** A value as a message shows it. */
export function showCell(cell: unknown): string {
  if (typeof cell === "string") return quoteValue(cell);
  if (cell === undefined) return "no such key";
  return Array.isArray(cell)
    ? "an array"
    : typeof cell === "object" && cell
    ? "an object"
    : `${cell}`;
}

/** Undefined for invalid JSON, or JSON that is nested too deep. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Non-JSON numbers that other programs write. */
const NON_JSON_NUMBERS = /([:[,]\s*)(?:-?Infinity|NaN)\b/g;

function expectedOf(line: string, { source }: LinePlace): string {
  const isOtherwiseJson = NON_JSON_NUMBERS.test(line) &&
    parse(line.replace(NON_JSON_NUMBERS, "$1null")) !== undefined;
  return isOtherwiseJson
    ? "valid JSON, which has no NaN or Infinity (write null for a missing value)"
    : isJson(source)
    ? "one JSON object or array (a .json file is an array of rows, or has one row on each line)"
    : "one complete JSON object or array on each line";
}

/** Refuses repeated keys, of which JSON.parse keeps only the last. */
function requireUniqueKeys(line: string, value: object, place: LinePlace): void {
  if (countKeys(line) === Object.keys(value).length) return;
  const seen = new Set<string>();
  countKeys(line, (start, end) => {
    const name: string = JSON.parse(line.slice(start, end));
    if (seen.has(name)) refuseLine(place, "each key once", "it twice", name);
    seen.add(name);
  });
}

const QUOTE = 34, BACKSLASH = 92, COLON = 58;

/**
 * Counts the keys of the object itself, without nested ones. The line must be valid JSON.
 * @param onKey called with the position of each key, including its quotes
 */
function countKeys(line: string, onKey?: (start: number, end: number) => void): number {
  let count = 0, depth = 0, start = 0, end = 0;
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (code === QUOTE) {
      start = i;
      for (i++; line.charCodeAt(i) !== QUOTE; i++) if (line.charCodeAt(i) === BACKSLASH) i++;
      end = i + 1;
    } else if (code === COLON) {
      if (depth !== 1) continue;
      count++;
      onKey?.(start, end);
    } // [ and {, ] and } differ by one bit
    else if ((code | 32) === 123) depth++;
    else if ((code | 32) === 125) depth--;
  }
  return count;
}
