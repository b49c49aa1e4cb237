/**
 * The common form of tabular data, whatever the file format.
 * Limits: every cell is a finite float64, or NaN if a value is missing and may be; labels are 0 (normal) or 1
 * (anomaly); at least one row and one column.
 */
import type { CellReading } from "./text/cell_gatherer.ts";
import {
  LABEL_EXPECTED,
  type LabelParser,
  MISSING_EXPECTED,
  NUMBER_EXPECTED,
  parseLabel,
} from "./text/cells.ts";
import { DataError, listNames } from "./errors.ts";
import type { ColumnTally } from "./sample/column_tally.ts";

/** A table from a reader or a program. */
export interface RawTable {
  /** Column names, unique, in the order of the data. */
  readonly columns: readonly string[];
  /** `[rows, columns]` f64, row-major: finite, or NaN if a value is missing. */
  readonly data: Float64Array;
  /** Number of rows. */
  readonly rows: number;
  /** For each text column, its texts; its cells are codes into them. Absent if all columns are numeric. */
  readonly texts?: readonly (readonly string[] | undefined)[];
  /** Names of numeric columns with digits after a leading zero in some rows; not all rows need have been checked. */
  readonly padded?: readonly string[];
  /** Names of numeric columns that are written with a decimal comma. */
  readonly decimalCommas?: readonly string[];
  /**
   * Set if these rows are a sample of a larger table.
   * @internal
   */
  readonly drawn?: Drawn;
}

/** A table from a file, of at least one row. */
export interface Table extends RawTable {
  /** [rows] f64, 0 = normal, 1 = anomaly; undefined if the file holds no label. */
  readonly label?: Float64Array;
  /** File name for messages, "-" for standard input. */
  readonly source: string;
  /**
   * For text files: the line on which each row starts, for messages.
   * @internal
   */
  readonly lines?: readonly LineRun[];
}

/** What is known about the table that a sample was taken from. */
export interface Drawn {
  /** The number of its rows. */
  readonly rows: number;
  /** The row number of each sampled row in it, from 1, ascending. */
  readonly numbers: Float64Array;
  /** Statistics over all its rows, by column. */
  readonly columns: readonly ColumnTally[];
  /** The column of which each value has its share of the rows, the last ones. */
  readonly by?: string;
}

/** From row `row` on, each row starts one line after the previous one; both count from 1, ascending; NaN if unknown. */
export interface LineRun {
  readonly row: number;
  readonly line: number;
}

/** The line on which a row starts, if its file has lines. */
export function lineOf(lines: readonly LineRun[] | undefined, row: number): number | undefined {
  const run = lines?.findLast((each) => each.row <= row);
  return run && !Number.isNaN(run.line) ? run.line + row - run.row : undefined;
}

/** Options of every reader. */
export interface TableOptions {
  /** File name for messages; "-" (standard input) if omitted. */
  readonly source?: string;
  /** Column that holds the label; it is removed from the data. */
  readonly label?: string;
  /** How a label is read; by default 0, no, false and normal are normal. */
  readonly parseLabel?: LabelParser;
  /**
   * Called for the first label that is neither normal nor anomalous; the label column is then left out. If omitted,
   * such a label is refused.
   */
  readonly onLabelFault?: (fault: DataError) => void;
  /** Columns to keep, in this order; by default all but the label. Other columns are not read. */
  readonly columns?: readonly string[];
  /** Columns to leave out, whatever they hold. */
  readonly exclude?: readonly string[];
  /** Of CSV without a header line: the names of its columns. */
  readonly names?: readonly string[];
  /** How cells are read; by default "numbers": text and missing values are refused. */
  readonly cells?: CellReading;
  /** For JSON lines: these columns may be absent from all rows; their cells are then missing. */
  readonly mayLack?: boolean;
  /** For JSON lines: called with all keys, once they are read. */
  readonly onNames?: (names: readonly string[]) => void;
  /**
   * The most cells of an array or Parquet file, in which a cell may take one byte but takes eight as float64; for JSON
   * lines, the most absent cells.
   */
  readonly maxCells?: number;
  /** The most bytes that the members read from an archive may inflate to, together. */
  readonly maxInflatedBytes?: number;
}

/** Which columns of a file become data, and which one the label. */
export interface ColumnPlan {
  /** Names of the data columns. */
  readonly columns: readonly string[];
  /** Their positions in the file. */
  readonly indices: readonly number[];
  /** Position of the label column, or -1. */
  readonly labelIndex: number;
}

/**
 * Builds a table and checks the guarantees of {@link Table}.
 * @param cells how its cells were read: missing ones are refused only if all must be numbers
 * @param before number of rows before these, for messages
 */
export function createTable(table: Table, cells: CellReading = "numbers", before = 0): Table {
  const { columns, data, texts, padded, rows, label, source, lines } = table;
  if (columns.length === 0) {
    throw new DataError({ source, expected: "at least one data column" });
  }
  if (rows === 0) throw new DataError({ source, expected: "at least one row" });
  checkUniqueNames(columns, source);
  if (data.length !== rows * columns.length) {
    throw new RangeError(
      `Cannot build table: data must hold rows x columns cells ${rows * columns.length}` +
        `, got ${data.length}`,
    );
  }
  if (label && label.length !== rows) {
    const expected = `${rows} labels, one per row`;
    throw new DataError({ source, expected, actual: `${label.length}` });
  }
  checkFinite(table, cells !== "numbers", before);
  const given = { ...(texts && { texts }), ...(padded && { padded }) };
  const found = { ...given, ...(label && { label }), ...(lines && { lines }) };
  return { columns, data, rows, source, ...found };
}

/** Refuses names that occur twice. @param advice what to do about it, after a colon */
function checkUniqueNames(names: readonly string[], source: string, advice = ""): void {
  const seen = new Map<string, number>();
  names.forEach((name, i) => {
    const first = seen.get(name);
    if (first !== undefined) {
      const subject = "column names",
        actual = `it at positions ${first + 1} and ${i + 1}${advice}`;
      throw new DataError({ source, column: name, subject, expected: "unique", actual });
    }
    seen.set(name, i);
  });
}

/** Names x0, x1, ... for formats without names. */
export function defaultNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `x${index}`);
}

/** Decides from the names in a file which columns to read; refuses unknown and repeated names. */
export function planColumns(
  names: readonly string[],
  options: TableOptions,
  source: string,
): ColumnPlan {
  checkUniqueNames(names, source, ": rename one of them in the file");
  const position = new Map(names.map((name, index) => [name, index]));
  const find = (name: string): number => {
    const index = position.get(name);
    if (index !== undefined) return index;
    const expected = `one of the columns ${listNames(names)}`;
    throw new DataError({ source, column: name, expected });
  };
  const labelIndex = options.label === undefined ? -1 : find(options.label);
  if (options.label !== undefined && options.columns?.includes(options.label)) {
    const expected = "either the label or a data column", actual = "both";
    throw new DataError({ source, column: options.label, expected, actual });
  }
  const excluded = new Set(options.exclude);
  for (const name of excluded) find(name);
  const columns = (options.columns ?? names.filter((_, index) => index !== labelIndex))
    .filter((name) => !excluded.has(name));
  checkUniqueNames(columns, source);
  if (columns.length === 0) {
    throw new DataError({ source, expected: "at least one data column" });
  }
  return { columns: [...columns], indices: columns.map(find), labelIndex };
}

/** The table with only the named columns, in the given order; the label stays. */
export function selectColumns(table: Table, names: readonly string[]): Table {
  const plan = planColumns(table.columns, { columns: names }, table.source);
  return { ...table, columns: plan.columns, ...gatherColumns(table, plan.indices) };
}

/**
 * Moves the named column from the data to the label.
 * @param before number of rows before these, for messages
 */
export function takeLabel(table: Table, name: string, before = 0, parse?: LabelParser): Table {
  const { columns, source } = table, plan = planColumns(columns, { label: name }, source);
  const { data: values } = gatherColumns(table, [plan.labelIndex]);
  const label = labelsOf(values, { source, column: name }, before, parse);
  return { ...table, columns: plan.columns, ...gatherColumns(table, plan.indices), label };
}

/**
 * Labels, 0 or 1, given as numbers.
 * @param before number of rows before these, for messages
 * @throws DataError for a number that is no label
 */
export function labelsOf(
  values: Float64Array,
  place: { readonly source: string; readonly column: string },
  before = 0,
  parse: LabelParser = parseLabel,
): Float64Array {
  return values.map((value, index) => {
    const label = parse(`${value}`);
    if (label !== undefined) return label;
    const row = before + index + 1;
    throw new DataError({ ...place, row, expected: LABEL_EXPECTED, actual: `${value}` });
  });
}

function gatherColumns(
  { data, texts, rows, columns, drawn }: Table,
  indices: readonly number[],
): Pick<Table, "data" | "texts" | "drawn"> {
  const gathered = new Float64Array(rows * indices.length);
  let out = 0;
  for (let row = 0; row < rows; row++) {
    for (const index of indices) gathered[out++] = data[row * columns.length + index];
  }
  return {
    data: gathered,
    ...(texts && { texts: indices.map((index) => texts[index]) }),
    ...(drawn && { drawn: { ...drawn, columns: indices.map((index) => drawn.columns[index]) } }),
  };
}

function checkFinite({ data, columns, source }: Table, missing: boolean, before: number): void {
  for (let cell = 0; cell < data.length; cell++) {
    if (Number.isFinite(data[cell]) || (missing && Number.isNaN(data[cell]))) continue;
    const expected = Number.isNaN(data[cell]) ? MISSING_EXPECTED : NUMBER_EXPECTED;
    const row = before + Math.floor(cell / columns.length) + 1;
    const column = columns[cell % columns.length];
    throw new DataError({ source, row, column, expected, actual: `${data[cell]}` });
  }
}
