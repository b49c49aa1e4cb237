/** Rows of a table as users hand them over: by position, or by column name. */
import { show } from "../core/validate.ts";
import type { Cells } from "./standardize.ts";
import type { Rows } from "./matrix.ts";

/** Arrays of numbers, a matrix, or objects with a number for every column. */
export type TableRows = Rows | readonly Readonly<Record<string, number>>[];

/** Magnitudes above this are refused: their squares must stay finite in float64. */
export const MAX_CELL = 1e150;

/**
 * Float64 cells in the order of `columns`.
 * @throws TypeError or RangeError naming row (1-based) and column for a wrong width, a missing or
 *   unknown column, or a cell that is not a finite number
 */
export function toCells(rows: TableRows, columns: readonly string[]): Cells {
  const width = columns.length;
  if (!Array.isArray(rows)) {
    return fromMatrix(rows as Exclude<Rows, readonly ArrayLike<number>[]>, columns);
  }
  const data = new Float64Array(rows.length * width);
  rows.forEach((row: unknown, r) => {
    if (typeof row !== "object" || row === null) {
      throw new TypeError(
        `Cannot read row ${r + 1}: expected numbers: current value is ${show(row)}`,
      );
    }
    const cells = "length" in row ? row as ArrayLike<unknown> : undefined;
    if (cells ? cells.length !== width : Object.keys(row).length !== width) {
      throw wrongWidth(row, r, columns);
    }
    columns.forEach((name, c) => {
      const value = cells ? cells[c] : ownCell(row as Record<string, unknown>, name, r, columns);
      data[r * width + c] = checked(value, r, name);
    });
  });
  return { data, rows: rows.length };
}

/** The column names of named rows, from the first; positions x0, x1, … otherwise. */
export function columnsOf(rows: TableRows): readonly string[] {
  const first = Array.isArray(rows) ? rows[0] as unknown : undefined;
  const named = typeof first === "object" && first !== null && !("length" in first);
  if (named) return Object.keys(first);
  const width = Array.isArray(rows)
    ? (first as ArrayLike<number> | undefined)?.length ?? 0
    : (rows as { shape: readonly [number, number] }).shape[1];
  return Array.from({ length: width }, (_, c) => `x${c}`);
}

function fromMatrix(
  { data, shape: [rows, width] }: {
    data: Float32Array | Float64Array;
    shape: readonly [number, number];
  },
  columns: readonly string[],
): Cells {
  if (width !== columns.length || data.length !== rows * width) {
    throw new RangeError(
      `Cannot read rows: expected ${columns.length} columns: current value is shape [${rows}, ${width}] over ${data.length} numbers`,
    );
  }
  data.forEach((value, i) => checked(value, Math.floor(i / width), columns[i % width]));
  return { data: data instanceof Float64Array ? data : Float64Array.from(data), rows };
}

function ownCell(
  row: Record<string, unknown>,
  name: string,
  r: number,
  columns: readonly string[],
): unknown {
  if (Object.hasOwn(row, name)) return row[name];
  throw wrongWidth(row, r, columns, name);
}

function checked(value: unknown, r: number, column: string): number {
  if (typeof value === "number" && Math.abs(value) <= MAX_CELL) return value;
  throw new TypeError(
    `Cannot read row ${r + 1}, column "${column}": expected a finite number: current value is ${
      show(value)
    }`,
  );
}

function wrongWidth(
  row: object,
  r: number,
  columns: readonly string[],
  missing?: string,
): RangeError {
  if ("length" in row) {
    return new RangeError(
      `Cannot read row ${
        r + 1
      }: expected ${columns.length} numbers: current value is ${row.length}`,
    );
  }
  const unknown = Object.keys(row).find((name) => !columns.includes(name));
  const lacking = missing ?? columns.find((name) => !Object.hasOwn(row, name));
  const fault = unknown !== undefined ? `unknown column "${unknown}"` : `no column "${lacking}"`;
  return new RangeError(`Cannot read row ${r + 1}: ${fault}: expected ${columns.length} columns`);
}
