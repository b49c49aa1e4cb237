/**
 * CSV to Table: a header is required unless names are given; separator, quotes, CRLF and byte order mark are
 * recognised.
 * Source: RFC 4180, with `;`, `|` and tab as further separators.
 * Numbers have a decimal point or, if the separator is not a comma, a decimal comma: `decimal_comma.ts`.
 * Limits: UTF-8; nothing is skipped or guessed silently.
 */
import { CellGatherer, type CellReading } from "../text/cell_gatherer.ts";
import { LABEL_EXPECTED, NUMBERS, parseLabel } from "../text/cells.ts";
import { type CsvRecord, detectSeparator, RecordBlocks, splitRecords } from "./csv_split.ts";
import { headerNames, isNameless } from "./column_names.ts";
import {
  blankFault,
  headerFault,
  namelessFault,
  separatorFault,
  widthFault,
} from "./row_faults.ts";
import { requireFirstLine, requireHeader } from "./header.ts";
import { withDecimalCommas } from "./decimal_columns.ts";
import { markedCodec } from "./decimal_comma.ts";
import { DataError, quoteValue } from "../errors.ts";
import type { PartReader } from "../part_reader.ts";
import { GrowingArray } from "../text/growing_array.ts";
import {
  type ColumnPlan,
  createTable,
  lineOf,
  type LineRun,
  planColumns,
  type Table,
  type TableOptions,
} from "../table.ts";
import { decodeText } from "../text/text.ts";

/** Options of the CSV reader. */
export interface CsvOptions extends TableOptions {
  /** Cell separator; detected from the first line if omitted. */
  readonly separator?: "," | ";" | "\t" | "|";
}

/**
 * Reads a CSV file.
 * @param input bytes (UTF-8) or text of the whole file
 */
export function readCsv(input: Uint8Array | string, options: CsvOptions = {}): Table {
  const reader = new CsvReader(options);
  if (typeof input === "string") reader.push(input.startsWith("\uFEFF") ? input.slice(1) : input);
  else for (const piece of decodeText(input, options.source ?? "-")) reader.push(piece);
  return reader.finish();
}

/** The most runs of lines remembered for a file with line breaks inside its rows. */
const MAX_RUNS = 1 << 16;

/** The layout of a file's rows. */
export interface CsvLayout {
  /** Which cells are read; a label that was left out counts as unread. */
  readonly plan: ColumnPlan;
  /** Cells in a row. */
  readonly width: number;
  /** Positions of columns without a name, which may hold nothing. */
  readonly nameless: readonly number[];
  /** Whether the first row is on the first line. */
  readonly isHeadless: boolean;
  /** The cell separator. */
  readonly separator: string;
}

/**
 * Reads CSV text that arrives in pieces: `push` each one, then `finish`. If the table may be larger than memory, `take`
 * the rows so far between pieces, then `end`, `take` the rest, and make one table of the parts with `joined`.
 */
export class CsvReader implements PartReader<string> {
  readonly #options: CsvOptions;
  readonly #source: string;
  readonly #blocks: RecordBlocks;
  #cells: CellGatherer = new CellGatherer([], "numbers", NUMBERS);
  #labels: GrowingArray | undefined;
  #separator: string | undefined;
  #layout: CsvLayout | undefined;
  #rows = 0;
  #taken = 0;
  #nextLine = 1;
  #blankLine = 0;
  /** The first row, until the second shows that it is no header. */
  #first: readonly string[] | undefined;
  readonly #lines: LineRun[] = [];

  /**
   * Starts with nothing read.
   * @param options names for messages, label, columns and separator
   */
  constructor(options: CsvOptions = {}) {
    this.#options = options;
    this.#source = options.source ?? "-";
    this.#separator = options.separator;
    this.#blocks = new RecordBlocks(this.#source);
  }

  /** The layout of rows; undefined before the header and after a blank line. The same object until it changes. */
  get layout(): CsvLayout | undefined {
    return this.#blankLine > 0 ? undefined : this.#layout;
  }

  /** Counts rows read elsewhere, one per line from the next line on. @returns the lines of all rows so far */
  countExternalRows(rows: number): readonly LineRun[] {
    const row = this.#rows + 1, line = this.#nextLine;
    this.#recordLine(row, line);
    this.#rows += rows;
    this.#taken += rows;
    this.#nextLine += rows;
    return this.#lines;
  }

  /** Takes the next piece of text; pieces may end anywhere. */
  push(text: string): void {
    this.#readBlock(this.#blocks.push(text));
  }

  /** Ends the input and returns the table. */
  finish(): Table {
    this.end();
    return this.joined(this.take()!);
  }

  /** Ends the input. @throws DataError if it held no row */
  end(): void {
    this.#readBlock(this.#blocks.finish());
    const source = this.#source;
    const expected = this.#options.names ? "data rows" : "a header line followed by data rows";
    if (!this.#layout) throw new DataError({ source, expected, actual: "an empty file" });
    if (this.#rows === 0) throw new DataError({ source, expected, actual: "a header line only" });
  }

  /** The rows since the last call, if any; they are not kept. `lines` covers all rows. */
  take(): Table | undefined {
    const rows = this.#rows - this.#taken;
    if (!this.#layout || rows === 0) return undefined;
    this.#taken = this.#rows;
    const label = this.#labels?.toArray(), gathered = this.#cells.take();
    this.#labels?.clear();
    const { columns } = this.#layout.plan, source = this.#source, lines = this.#lines;
    return createTable({ columns, ...gathered, rows, label, source, lines }, this.#options.cells);
  }

  /** Completes the table with what only all rows together can show, such as a column with a decimal comma. */
  joined(table: Table): Table {
    return this.#separator === "," ? table : withDecimalCommas(table, this.#options.cells);
  }

  #readBlock(block: string): void {
    if (block.length === 0) return;
    if (!this.#layout) this.#separator ??= detectSeparator(block);
    const records = splitRecords(block, this.#separator ?? ",", this.#nextLine, this.#source);
    let next = records.next();
    for (; !next.done; next = records.next()) this.#readRecord(next.value);
    this.#nextLine = next.value;
  }

  #readRecord(record: CsvRecord): void {
    const blank = record.cells.length === 1 && record.cells[0].trim().length === 0;
    // Blank lines are allowed at the end only: in the middle they could be a lost row.
    if (blank) this.#blankLine ||= record.line;
    else if (this.#blankLine > 0) this.#refuseBlank();
    else if (this.#layout) this.#readRow(record, this.#layout);
    else if (!this.#options.names) this.#layout = this.#readHeader(record.cells);
    else {
      requireFirstLine(record.cells, this.#source, "a row");
      this.#layout = this.#layoutOf(this.#options.names);
      this.#first = record.cells;
      this.#readRow(record, this.#layout);
    }
  }

  #refuseBlank(): never {
    const line = this.#blankLine, source = this.#source, layout = this.#layout;
    if (layout) throw blankFault({ source, ...placeOf(layout) }, this.#rows + 1, line);
    const expected = this.#options.names ? "the first row" : "the header line";
    throw new DataError({ source, line, expected, actual: "a blank line" });
  }

  #readHeader(cells: readonly string[]): CsvLayout {
    const names = headerNames(cells);
    requireHeader(names.filter((name) => !isNameless(name)), this.#source);
    return this.#layoutOf(names);
  }

  #layoutOf(names: readonly string[]): CsvLayout {
    const nameless = names.flatMap((name, index) => isNameless(name) ? [index] : []);
    const exclude = [...this.#options.exclude ?? [], ...nameless.map((index) => names[index])];
    const plan = planColumns(names, { ...this.#options, exclude }, this.#source);
    if (plan.labelIndex >= 0) this.#labels = new GrowingArray();
    this.#cells = this.#gatherer(plan.columns, this.#options.cells ?? "numbers");
    const isHeadless = this.#options.names !== undefined, separator = this.#separator ?? ",";
    return { plan, width: names.length, nameless, isHeadless, separator };
  }

  #gatherer(columns: readonly string[], reading: CellReading): CellGatherer {
    const isAny = reading === "any" || typeof reading === "object";
    if (this.#separator === "," || isAny) return new CellGatherer(columns, reading, NUMBERS);
    const codecOf = reading === "numbers" ? () => NUMBERS : reading;
    const marked = (column: string) => {
      const codec = codecOf(column);
      return codec.plain || codec.decimal ? markedCodec(codec) : codec;
    };
    return new CellGatherer(columns, marked, NUMBERS);
  }

  #readRow({ cells, line }: CsvRecord, layout: CsvLayout): void {
    const { plan, width, nameless } = layout, source = this.#source, row = this.#rows + 1;
    if (cells.length !== width) {
      const place = { source, ...placeOf(layout) };
      throw widthFault(place, row, line, cells.length, cells.at(-1)!.trim() === "");
    }
    const unseparated = row === 1 && width === 1 &&
      separatorFault(source, layout.isHeadless ? cells[0].trim() : plan.columns[0], cells[0]);
    if (unseparated) throw unseparated;
    if (row === 2 && this.#first) {
      const fault = headerFault(source, this.#first, cells);
      if (fault) throw fault;
      this.#first = undefined;
    }
    for (const index of nameless) {
      const fault = namelessFault(source, index, cells[index], row, line);
      if (fault) throw fault;
    }
    for (let i = 0; i < plan.indices.length; i++) {
      const cell = cells[plan.indices[i]];
      const expected = this.#cells.add(i, cell);
      if (expected === undefined) continue;
      const details = { expected, actual: quoteValue(cell) };
      throw new DataError({ source, row, line, column: plan.columns[i], ...details });
    }
    if (this.#labels) this.#readLabel(this.#labels, cells[plan.labelIndex], row, line);
    this.#rows = row;
    this.#recordLine(row, line);
  }

  /** Records where a row starts; gives up after too many irregular starts. */
  #recordLine(row: number, line: number): void {
    const lines = this.#lines;
    if (lines.length > MAX_RUNS || lineOf(lines, row) === line) return;
    lines.push({ row, line: lines.length < MAX_RUNS ? line : NaN });
  }

  #readLabel(labels: GrowingArray, cell: string, row: number, line: number): void {
    const { label: column, parseLabel: parse = parseLabel, onLabelFault } = this.#options;
    const label = parse(cell);
    if (label !== undefined) return labels.push(label);
    const source = this.#source;
    const place = { source, row, line, column };
    const fault = new DataError({ ...place, expected: LABEL_EXPECTED, actual: quoteValue(cell) });
    if (!onLabelFault) throw fault;
    onLabelFault(fault);
    this.#labels = undefined;
    const layout = this.#layout!;
    this.#layout = { ...layout, plan: { ...layout.plan, labelIndex: -1 } };
  }
}

/** The width of rows, and the only name of a header. */
function placeOf({ width, plan, isHeadless }: CsvLayout) {
  return width === 1 && !isHeadless ? { width, name: plan.columns[0] } : { width, isHeadless };
}
