/**
 * JSON lines to Table: each line is one JSON object, whose keys name the columns, or one array of cells. The columns
 * are all keys that occur, in order of first appearance; a row that lacks one of them has no such cell, as if it were
 * null. Source: RFC 8259 for each line.
 * Limits: flat rows only; integer keys come first in their line, as in JavaScript objects.
 */
import { CellGatherer } from "../text/cell_gatherer.ts";
import {
  type CellCodec,
  LABEL_EXPECTED,
  MISSING_EXPECTED,
  NUMBER_EXPECTED,
  parseLabel,
} from "../text/cells.ts";
import { DataError } from "../errors.ts";
import type { PartReader } from "../part_reader.ts";
import { GrowingArray } from "../text/growing_array.ts";
import { createTable, defaultNames, planColumns, type Table, type TableOptions } from "../table.ts";
import { decodeText } from "../text/text.ts";
import {
  blankFault,
  lineFault,
  type LinePlace,
  parseLine,
  refuseEmpty,
  refuseLine,
  showCell,
} from "./json_line.ts";

const MAX_LINE_CHARS = 1 << 26;

/** Limits columns: each takes some hundred bytes, but its name in a row as few as five. */
const MAX_COLUMNS = 65_536;

/** Limits absent cells by the length of the rows: each row may have a new key, which all others lack. */
function maxMissingCells(characters: number): number {
  return 2 ** 20 + 100 * characters;
}

/** Cells that must be numbers are JSON numbers, not strings of them. */
const JSON_NUMBERS: CellCodec = {
  encode: (cell) => typeof cell === "number" && Number.isFinite(cell) ? cell : undefined,
  expected: (cell) => cell === null || cell === undefined ? MISSING_EXPECTED : NUMBER_EXPECTED,
};

/**
 * Reads a JSON lines file.
 * @param input bytes (UTF-8) or text of the whole file
 */
export function readJsonl(input: Uint8Array | string, options: TableOptions = {}): Table {
  const reader = new JsonlReader(options);
  if (typeof input === "string") reader.push(input.replace(/^\uFEFF/, ""));
  else for (const piece of decodeText(input, options.source ?? "-")) reader.push(piece);
  return reader.finish();
}

/** The keys of the first line, if that is an object. */
export function jsonlNames(bytes: Uint8Array, source: string): readonly string[] | undefined {
  let text = "";
  for (const piece of decodeText(bytes, source)) {
    text += piece;
    if (text.includes("\n")) break;
  }
  try {
    const first = JSON.parse(text.split("\n", 1)[0]);
    const isObject = typeof first === "object" && first !== null && !Array.isArray(first);
    return isObject ? Object.keys(first) : undefined;
  } catch {
    return undefined;
  }
}

/** The destination of a key's cells. */
type Destination = number | "label" | "nowhere";

/** Reads JSON lines that arrive in pieces: `push` each one, then `finish`; or read part by part. */
export class JsonlReader implements PartReader<string> {
  readonly #options: TableOptions;
  readonly #source: string;
  readonly #cells: CellGatherer;
  #labels: GrowingArray | undefined;
  /** The beginning of an incomplete line. */
  #carry: string[] = [];
  #carryLength = 0;
  /** The columns read: those asked for, or as they occur. */
  readonly #columns: string[] = [];
  /** By name, for all names that have occurred. */
  readonly #destinations = new Map<string, Destination>();
  /** Cells in each row, if rows are arrays. */
  #width: number | undefined;
  #rows = 0;
  #taken = 0;
  /** Since the last part was taken: cells that rows lack, and characters of rows. */
  #missing = 0;
  #characters = 0;
  #blank = false;

  /**
   * Starts with nothing read.
   * @param options names for messages, label and columns
   */
  constructor(options: TableOptions = {}) {
    const { source = "-", columns, label, exclude = [], cells = "numbers" } = options;
    this.#options = options;
    this.#source = source;
    this.#cells = new CellGatherer([], cells, JSON_NUMBERS);
    if (label !== undefined) this.#labels = new GrowingArray();
    if (!columns) return;
    // Whether they occur is known only at the end.
    const named = new Set([...columns, ...(label === undefined ? [] : [label]), ...exclude]);
    for (const name of planColumns([...named], options, source).columns) this.#addColumn(name);
  }

  /** Takes the next piece of text; pieces may end anywhere. */
  push(text: string): void {
    let start = 0;
    for (let end; (end = text.indexOf("\n", start)) >= 0; start = end + 1) {
      this.#keep(text.slice(start, end));
      this.#readLine(this.#line());
    }
    this.#keep(text.slice(start));
  }

  /** Ends the input and returns the table. */
  finish(): Table {
    this.end();
    return this.joined(this.take()!);
  }

  /** See `PartReader`. */
  end(): void {
    this.#readLine(this.#line());
    const source = this.#source, options = this.#options, { label, columns, exclude } = options;
    if (this.#rows === 0) {
      const expected = "at least one line of JSON";
      throw new DataError({ source, expected, actual: "an empty file" });
    }
    const names = [...this.#destinations.keys()];
    // Reports requested names that do not occur.
    planColumns(names, { label, exclude, columns: options.mayLack ? undefined : columns }, source);
    options.onNames?.(names);
  }

  /** See `PartReader`; a part may have more columns than the previous one. */
  take(): Table | undefined {
    const rows = this.#rows - this.#taken, label = this.#labels?.toArray();
    if (rows === 0) return undefined;
    this.#taken = this.#rows;
    this.#missing = this.#characters = 0;
    this.#labels?.clear();
    const columns = [...this.#columns], gathered = this.#cells.take();
    const source = this.#source, lines = [{ row: 1, line: 1 }];
    return createTable({ columns, ...gathered, rows, label, source, lines }, this.#options.cells);
  }

  /** See `PartReader`. */
  joined(table: Table): Table {
    return table;
  }

  #keep(text: string): void {
    this.#carryLength += text.length;
    if (this.#carryLength > MAX_LINE_CHARS) {
      const expected = `a line of at most ${MAX_LINE_CHARS} characters`;
      throw new DataError({ source: this.#source, line: this.#rows + 1, expected });
    }
    if (text.length > 0) this.#carry.push(text);
  }

  #line(): string {
    const line = this.#carry.length === 1 ? this.#carry[0] : this.#carry.join("");
    this.#carry = [];
    this.#carryLength = 0;
    return line;
  }

  #readLine(line: string): void {
    if (/^[ \t\r]*$/.test(line)) {
      this.#blank = true;
      return;
    }
    this.#characters += line.length;
    const place = { source: this.#source, row: this.#rows + 1 };
    if (this.#blank) throw blankFault(place);
    const value = parseLine(line, place);
    const names = Array.isArray(value) ? this.#positions(value, place) : Object.keys(value);
    if (!Array.isArray(value) && this.#width !== undefined) {
      refuseLine(place, "an array, as in row 1", "an object");
    }
    this.#readRow(names, Object.values(value), place);
    this.#rows++;
  }

  /** Names for the cells of an array. */
  #positions({ length }: readonly unknown[], place: LinePlace): readonly string[] {
    if (this.#rows === 0) {
      this.#width = length;
      planColumns(defaultNames(length), this.#options, this.#source);
    }
    if (this.#width === undefined) refuseLine(place, "an object, as in row 1", "an array");
    if (this.#width !== length) refuseLine(place, `${this.#width} cells, as in row 1`, `${length}`);
    return this.#rows === 0 ? defaultNames(length) : [...this.#destinations.keys()];
  }

  #readRow(names: readonly string[], values: readonly unknown[], place: LinePlace): void {
    const cells: unknown[] = [];
    let label: unknown, found = 0;
    names.forEach((name, i) => {
      const destination = this.#destinations.get(name) ?? this.#register(name);
      if (destination === "label") label = values[i];
      else if (destination !== "nowhere") {
        cells[destination] = values[i];
        found++;
      }
    });
    const columns = this.#columns;
    if (found === 0) refuseEmpty(place, columns, names);
    this.#countMissing(columns.length - found);
    for (let c = 0; c < columns.length; c++) {
      const expected = this.#cells.add(c, cells[c]);
      if (expected !== undefined) refuseLine(place, expected, showCell(cells[c]), columns[c]);
    }
    if (this.#labels) this.#readLabel(this.#labels, label, place);
  }

  #readLabel(labels: GrowingArray, cell: unknown, place: LinePlace): void {
    const { parseLabel: parse = parseLabel } = this.#options;
    const label = parse(typeof cell === "object" ? "" : String(cell));
    if (label !== undefined) return labels.push(label);
    const fault = lineFault(place, LABEL_EXPECTED, showCell(cell), this.#options.label);
    if (!this.#options.onLabelFault) throw fault;
    this.#options.onLabelFault(fault);
    this.#labels = undefined;
  }

  /** Registers a name that no earlier row had. */
  #register(name: string): Destination {
    const { label, columns, exclude } = this.#options;
    const index = this.#columns.indexOf(name), isGrowing = !columns && !exclude?.includes(name);
    const destination = name === label
      ? "label"
      : isGrowing
      ? this.#addColumn(name)
      : index < 0
      ? "nowhere"
      : index;
    this.#destinations.set(name, destination);
    return destination;
  }

  /** Counts cells that rows lack, before memory is allocated for them. */
  #countMissing(cells: number): void {
    this.#missing += cells;
    const maxCells = Math.min(
      this.#options.maxCells ?? Infinity,
      maxMissingCells(this.#characters),
    );
    if (this.#missing <= maxCells) return;
    const rows = this.#rows - this.#taken + 1, keys = this.#columns.length;
    const expected = `at most ${maxCells} missing cells`;
    const actual = `${this.#missing} in ${rows} rows of ${keys} keys`;
    throw new DataError({ source: this.#source, expected, actual });
  }

  #addColumn(name: string): number {
    if (this.#columns.length === MAX_COLUMNS) {
      const expected = `at most ${MAX_COLUMNS} different keys`;
      throw new DataError({ source: this.#source, expected });
    }
    this.#countMissing(this.#rows - this.#taken);
    const expected = this.#cells.addColumn(name, this.#rows);
    if (expected !== undefined) {
      refuseLine({ source: this.#source, row: 1 }, expected, showCell(undefined), name);
    }
    return this.#columns.push(name) - 1;
  }
}
