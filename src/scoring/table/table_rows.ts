/** Rows of a table from users, by position or by column name. */
import { show } from "../../core/validate.ts";
import { RowError } from "../../core/row_error.ts";
import { codecOf, type ColumnSchema } from "./schema.ts";
import type { Cells } from "./cells.ts";
import { requireFloatRows, type Rows } from "../../trained/rows/matrix.ts";

/** One cell of a user's table; null, undefined and NaN mean missing. */
export type CellValue = number | string | boolean | Date | null | undefined;

/**
 * Lists of cells, a matrix, or objects with a {@link CellValue} for every column. The objects' type is open because a
 * record of cells would refuse every `interface`; cells are checked at run time.
 */
export type TableRows = Rows | readonly (readonly CellValue[])[] | readonly object[];

/** Larger magnitudes are rejected, so that squares stay finite in float64. */
export const MAX_CELL = 1e150;

/**
 * Encodes cells by the schema, see `schema.ts`.
 * @throws RowError for a wrong width, a missing or unknown column, or a cell that its column does not accept
 */
export function toCells(rows: TableRows, schema: readonly ColumnSchema[]): Cells {
  const codecs = schema.map(codecOf);
  const code = (cell: unknown, r: number, c: number): number => {
    const value = codecs[c].encode(cell);
    // NaN, a missing cell, passes this comparison.
    if (value !== undefined && !(Math.abs(value) > MAX_CELL)) return value;
    const { expected } = codecs[c], size = `a finite number of magnitude at most ${MAX_CELL}`;
    throw wrongCell(cell, r, schema[c].name, value === undefined ? expected(cell) : size);
  };
  if (!Array.isArray(rows)) return fromFloats(rows, schema.length, code);
  const width = schema.length, columns = schema.map(({ name }) => name);
  const data = new Float64Array(rows.length * width);
  // By index: a hole in the list is a missing row, which `forEach` would skip.
  for (let r = 0; r < rows.length; r++) {
    const cells = cellsOfRow(rows[r], r, columns);
    for (let c = 0; c < width; c++) data[r * width + c] = code(cells[c], r, c);
  }
  return { data, rows: rows.length };
}

/**
 * The cells of one row in the order of `columns`, unchanged.
 * @param r row index, for error messages
 * @throws RowError for a value that is not a row, a wrong width, or a missing or unknown column
 */
export function cellsOfRow(
  row: unknown,
  r: number,
  columns: readonly string[],
): ArrayLike<unknown> {
  if (typeof row !== "object" || row === null) {
    throw new RowError(`expected a list or an object of cells, got ${show(row)}`, r + 1);
  }
  const cells = isPositional(row) ? row : undefined;
  if (cells ? cells.length !== columns.length : Object.keys(row).length !== columns.length) {
    throw wrongWidth(row, r, columns);
  }
  return cells ??
    columns.map((name) => ownCell(row as Record<string, unknown>, name, r, columns));
}

/**
 * The column names of named rows, taken from the first row; otherwise positions x0, x1, …
 * @throws TypeError if the value is not a list of rows
 */
export function columnsOf(rows: TableRows): readonly string[] {
  const positions = (length: number) => Array.from({ length }, (_, c) => `x${c}`);
  if (!Array.isArray(rows)) return positions(requireFloatRows(rows).shape[1]);
  const first: unknown = rows[0];
  if (typeof first !== "object" || first === null) return [];
  return isPositional(first) ? positions(first.length) : Object.keys(first);
}

/** Describes what is wrong with a list of column names, if anything. */
export function columnsFault(columns: unknown): string | undefined {
  // Spread, so that holes are visited.
  if (!Array.isArray(columns) || ![...columns].every((name) => typeof name === "string")) {
    return `columns must be a list of names, got ${show(columns)}`;
  }
  const names = new Set<string>();
  for (const name of columns) {
    if (names.has(name)) return `column ${show(name)} is listed twice`;
    names.add(name);
  }
  return undefined;
}

/** Decided by class, because a column may be called "length". */
function isPositional(row: object): row is ArrayLike<unknown> {
  return Array.isArray(row) || ArrayBuffer.isView(row);
}

function fromFloats(
  value: unknown,
  width: number,
  code: (cell: number, row: number, column: number) => number,
): Cells {
  const { data, shape: [rows] } = requireFloatRows(value, width);
  const cells = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) cells[i] = code(data[i], Math.floor(i / width), i % width);
  return { data: cells, rows };
}

function ownCell(
  row: Record<string, unknown>,
  name: string,
  r: number,
  columns: readonly string[],
): unknown {
  if (Object.hasOwn(row, name)) return row[name];
  throw wrongWidth(row, r, columns);
}

function wrongCell(value: unknown, r: number, column: string, expected: string): RowError {
  return new RowError(`expected ${expected}, got ${show(value)}`, r + 1, column);
}

/** The error for a row that has not just these columns. An unknown one comes first: it may be misspelt. */
export function wrongWidth(row: object, r: number, columns: readonly string[]): RowError {
  if (isPositional(row)) {
    return new RowError(`expected ${columns.length} values, got ${row.length}`, r + 1);
  }
  const unknown = Object.keys(row).find((name) => !columns.includes(name));
  const lacking = columns.find((name) => !Object.hasOwn(row, name));
  const fault = unknown !== undefined
    ? `unknown column ${show(unknown)}`
    : `no column ${show(lacking)} (null if its cell is missing)`;
  return new RowError(`${fault}, expected ${columns.length} columns`, r + 1);
}
