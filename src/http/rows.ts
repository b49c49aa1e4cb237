/**
 * Rows of a body as float64 cells, in either form: by position, or by column name. The first cell
 * that cannot be used is named by row (from 1, for people), column, and JSON pointer (from 0).
 */
import { show } from "../core/validate.ts";
import type { Cells } from "../scoring/standardize.ts";
import { invalid, pointerStep, type Problem } from "./problems.ts";
import type { Units } from "../scoring/units.ts";

/** What a row must look like. */
type RowShape = Pick<Units, "columns" | "largest" | "fault">;

/** @throws Problem for too many rows, a wrong width or name, or a cell that the model cannot take */
export function readRows(rows: readonly unknown[], shape: RowShape, maxRows: number): Cells {
  requireCount("/rows", rows.length, maxRows);
  const data = new Float64Array(rows.length * shape.columns.length);
  rows.forEach((row, r) => {
    if (Array.isArray(row)) readPositions(row, r, shape, data);
    else if (typeof row === "object" && row !== null) readNames(row, r, shape, data);
    else {
      throw invalid(
        `/rows/${r}`,
        `Cannot read row ${r + 1}: expected a list or an object of numbers: current value is ${
          show(row)
        }`,
      );
    }
  });
  const cells = { data, rows: rows.length };
  const fault = shape.fault(cells);
  if (!fault) return cells;
  const { row, column, needs, value } = fault;
  const name = shape.columns[column];
  throw refusal(row, name, Array.isArray(rows[row]) ? column : name, value, needs);
}

/** @throws Problem for more rows than a request may have */
export function requireCount(pointer: string, count: number, maxRows: number): void {
  if (count <= maxRows) return;
  throw invalid(
    pointer,
    `Cannot take more than ${maxRows} rows in one request: current value is ${count}`,
  );
}

function readPositions(
  row: readonly unknown[],
  r: number,
  { columns, largest }: RowShape,
  data: Float64Array,
): void {
  const width = columns.length;
  if (row.length !== width) {
    throw invalid(
      `/rows/${r}`,
      `Cannot read row ${r + 1}: expected ${width} numbers: current value is ${row.length}`,
    );
  }
  for (let c = 0; c < width; c++) {
    const value = row[c];
    if (!isCell(value, largest)) throw wrongCell(r, columns[c], c, value, largest);
    data[r * width + c] = value;
  }
}

function readNames(
  row: object,
  r: number,
  { columns, largest }: RowShape,
  data: Float64Array,
): void {
  const cells = row as Readonly<Record<string, unknown>>;
  const width = columns.length;
  for (let c = 0; c < width; c++) {
    const name = columns[c];
    if (!Object.hasOwn(cells, name)) {
      throw invalid(
        `/rows/${r}`,
        `Cannot read row ${r + 1}: no column "${name}": expected ${width} columns`,
      );
    }
    const value = cells[name];
    if (!isCell(value, largest)) throw wrongCell(r, name, name, value, largest);
    data[r * width + c] = value;
  }
  const names = Object.keys(cells);
  if (names.length === width) return;
  const unknown = names.find((name) => !columns.includes(name))!;
  throw invalid(
    `/rows/${r}${pointerStep(unknown)}`,
    `Cannot read row ${r + 1}: unknown column ${show(unknown)}: expected ${width} columns`,
  );
}

/** JSON's 1e999 is read as Infinity: it fails here, as text and null do. */
function isCell(value: unknown, largest: number): value is number {
  return typeof value === "number" && Math.abs(value) <= largest;
}

function wrongCell(
  r: number,
  name: string,
  key: string | number,
  value: unknown,
  largest: number,
): Problem {
  const isFinite = typeof value === "number" && Number.isFinite(value);
  const expected = isFinite ? `a number of magnitude at most ${largest}` : "a finite number";
  return refusal(r, name, key, value, expected);
}

function refusal(
  r: number,
  name: string,
  key: string | number,
  value: unknown,
  expected: string,
): Problem {
  return invalid(
    `/rows/${r}${pointerStep(key)}`,
    `Cannot read row ${r + 1}, column "${name}": expected ${expected}: current value is ${
      show(value)
    }`,
  );
}
