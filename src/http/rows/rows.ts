/**
 * Reads the rows of a body as float64 cells. In JSON: by position, or by column name. In binary: float32,
 * little-endian, row-major, nothing else. The first cell that cannot be used is named by row (from 1, for people),
 * column, and JSON pointer (from 0).
 *
 * Cells of a table are encoded by its schema (`scoring/table/schema.ts`), as in files and in the library. A row has a
 * cell for every column, null if it is missing (ADR 77).
 */
import { RowError } from "../../core/row_error.ts";
import { show } from "../../core/validate.ts";
import { type CellCodec, NUMBER_EXPECTED } from "../../formats/text/cells.ts";
import { LITTLE_ENDIAN, swapped } from "../../formats/safetensors/safetensors_types.ts";
import { codecOf, hasLevels } from "../../scoring/table/schema.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { Steps } from "../../trained/steps.ts";
import { wrongWidth } from "../../scoring/table/table_rows.ts";
import { invalid, pointerStep, type Problem } from "../answers/problems.ts";
import type { Units } from "../../scoring/units.ts";

/** What a row must look like. */
type RowShape = Pick<
  Units,
  "columns" | "schema" | "missing" | "optional" | "maxMagnitude" | "fault"
>;

/**
 * @param first the index of the first row, if these rows are part of a longer list
 * @throws Problem for a wrong width or name, or a cell that the model cannot take
 */
export function readRows(rows: readonly unknown[], shape: RowShape, first = 0): Cells {
  const width = shape.columns.length, data = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    const r = first + i;
    if (Array.isArray(row)) readPositions(row, r, shape, data, i * width);
    else if (typeof row === "object" && row !== null) readNames(row, r, shape, data, i * width);
    else throw wrongRow(r, `expected a list or an object of cells, got ${show(row)}`);
  });
  return requireFit(
    { data, rows: rows.length },
    shape,
    (i, c) => Array.isArray(rows[i]) ? c : shape.columns[c],
    first,
  );
}

/** Rows read in a step: a cell may be a text of some length. */
const STEP_ROWS = 256;

/**
 * The same in steps.
 * @param rowAt the row that an item of the list stands for
 */
export function* rowSteps<Item>(
  items: readonly Item[],
  shape: RowShape,
  rowAt: (item: Item) => unknown = (item) => item,
): Steps<Cells> {
  const width = shape.columns.length, data = new Float64Array(items.length * width);
  for (let first = 0; first < items.length; first += STEP_ROWS) {
    const part = items.slice(first, first + STEP_ROWS).map((item) => rowAt(item));
    data.set(readRows(part, shape, first).data, first * width);
    yield;
  }
  return { data, rows: items.length };
}

/**
 * Rows of binary numbers.
 * @param width bytes per number: 4 or 8
 * @throws Problem for no rows, an incomplete row, or a cell that cannot be used
 */
export function* floatRowSteps(
  bytes: Uint8Array<ArrayBuffer>,
  shape: RowShape,
  width: 4 | 8 = 4,
): Steps<Cells> {
  const { columns } = shape;
  const perRow = columns.length * width, rows = bytes.length / perRow;
  if (rows === 0 || !Number.isInteger(rows)) {
    throw invalid(
      "/rows",
      `Cannot read rows: expected a multiple of ${perRow} bytes, above 0, got ${bytes.length}`,
    );
  }
  // Copied only if the host needs it: its byte order differs, or the numbers are not aligned.
  const own = !LITTLE_ENDIAN
    ? swapped(bytes, width)
    : bytes.byteOffset % width === 0
    ? bytes
    : bytes.slice();
  const numbers = width === 4
    ? new Float32Array(own.buffer, own.byteOffset, rows * columns.length)
    : new Float64Array(own.buffer, own.byteOffset, rows * columns.length);
  return yield* cellSteps(new Float64Array(numbers), shape);
}

/** Numbers encoded in a step. */
const STEP_NUMBERS = 1 << 14;

/**
 * Encodes numbers as cells, in place; NaN is missing.
 * @throws Problem naming the first cell that cannot be used
 */
export function* cellSteps(data: Float64Array, shape: RowShape): Steps<Cells> {
  const { columns, schema, maxMagnitude } = shape;
  const usedAsIs = !schema?.some(({ kind }) => hasLevels(kind) || kind === "timestamp");
  for (let i = 0; i < data.length; i++) {
    if (i % STEP_NUMBERS === STEP_NUMBERS - 1) yield;
    // Nearly always: a number that is used as it is.
    if (usedAsIs && Math.abs(data[i]) <= maxMagnitude) continue;
    const c = i % columns.length;
    const code = codeOf(Number.isNaN(data[i]) ? null : data[i], c, shape);
    if (code === undefined) {
      throw wrongCell(Math.floor(i / columns.length), c, c, data[i], shape);
    }
    data[i] = code;
  }
  return requireFit({ data, rows: data.length / columns.length }, shape);
}

/**
 * @param keyOf the key of a column in a row
 * @param first the index of the first row, if these rows are part of a longer list
 * @throws Problem naming the first cell that the likelihood cannot take
 */
export function requireFit(
  cells: Cells,
  { columns, fault }: RowShape,
  keyOf: (row: number, column: number) => string | number = (_, c) => c,
  first = 0,
): Cells {
  const found = fault(cells);
  if (!found) return cells;
  const { row, column, needs, value } = found;
  throw refusal(first + row, columns[column], keyOf(row, column), value, needs);
}

/** @throws Problem for more rows than a request may have */
export function requireCount(pointer: string, count: number, maxRows: number): void {
  if (count <= maxRows) return;
  throw invalid(
    pointer,
    `Cannot take more than ${maxRows} rows in one request, got ${count}`,
  );
}

function readPositions(
  row: readonly unknown[],
  r: number,
  shape: RowShape,
  data: Float64Array,
  at: number,
): void {
  const width = shape.columns.length, minColumns = width - (shape.optional ?? 0);
  if (row.length !== width && row.length !== minColumns) {
    const widths = minColumns === width ? width : `${minColumns} or ${width}`;
    throw wrongRow(r, `expected ${widths} values, got ${row.length}`);
  }
  for (let c = 0; c < row.length; c++) {
    const code = codeOf(row[c], c, shape);
    if (code === undefined) throw wrongCell(r, c, c, row[c], shape);
    data[at + c] = code;
  }
}

function readNames(
  row: object,
  r: number,
  shape: RowShape,
  data: Float64Array,
  at: number,
): void {
  const cells = row as Readonly<Record<string, unknown>>;
  const { columns, optional = 0 } = shape, minColumns = columns.length - optional;
  const isShort = optional > 0 &&
    !columns.slice(minColumns).some((name) => Object.hasOwn(cells, name));
  const width = isShort ? minColumns : columns.length;
  const isWhole = columns.every((name, c) => c >= width || Object.hasOwn(cells, name));
  if (!isWhole || Object.keys(cells).length !== width) throw wrongNames(row, r, columns);
  for (let c = 0; c < width; c++) {
    const name = columns[c], code = codeOf(cells[name], c, shape);
    if (code === undefined) throw wrongCell(r, c, name, cells[name], shape);
    data[at + c] = code;
  }
}

/** The number that encodes a cell; undefined if the column cannot take it. */
function codeOf(cell: unknown, c: number, shape: RowShape): number | undefined {
  const code = codecAt(c, shape).encode(cell);
  if (code === undefined || Math.abs(code) > shape.maxMagnitude) return undefined;
  return Number.isNaN(code) && c >= shape.missing ? undefined : code;
}

function codecAt(c: number, { schema }: RowShape): CellCodec {
  return schema ? codecOf(schema[c]) : NUMBERS_ONLY;
}

/** Cells of a bare network. */
const NUMBERS_ONLY: CellCodec = {
  encode: (cell) => cell === null ? NaN : typeof cell === "number" ? cell : undefined,
  expected: () => NUMBER_EXPECTED,
};

function wrongRow(r: number, fault: string): Problem {
  return invalid(`/rows/${r}`, new RowError(fault, r + 1).message);
}

function wrongNames(row: object, r: number, columns: readonly string[]): Problem {
  const unknown = Object.keys(row).find((name) => !columns.includes(name));
  const step = unknown === undefined ? "" : pointerStep(unknown);
  return invalid(`/rows/${r}${step}`, wrongWidth(row, r, columns).message);
}

/** @param key the key of the column in the row */
function wrongCell(
  r: number,
  c: number,
  key: string | number,
  value: unknown,
  shape: RowShape,
): Problem {
  const code = codecAt(c, shape).encode(value);
  const expected = code === undefined
    ? codecAt(c, shape).expected(value)
    : Number.isNaN(code)
    ? "a value (missing values are not allowed here)"
    : `a finite number of magnitude at most ${Number(shape.maxMagnitude.toPrecision(2))}`;
  return refusal(r, shape.columns[c], key, value, expected);
}

/** The problem of a cell that cannot be used. @param key the key of the column in the row */
export function refusal(
  r: number,
  name: string,
  key: string | number,
  value: unknown,
  expected: string,
): Problem {
  const { message } = new RowError(`expected ${expected}, got ${show(value)}`, r + 1, name);
  return invalid(`/rows/${r}${pointerStep(key)}`, message);
}
