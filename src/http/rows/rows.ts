/**
 * Reads the rows of a body as float64 cells. In JSON: by position, or by column name. In binary: float32,
 * little-endian, row-major, nothing else. The first cell that cannot be used is named by row (from 1, for people),
 * column, and JSON pointer (from 0).
 *
 * Cells are encoded as in `scoring/table/schema.ts`, except that JSON has numbers: text and booleans in numeric columns
 * are refused, even text that looks like a number; and no cell is infinite.
 */
import { show } from "../../core/validate.ts";
import { isMissing, NUMBER_EXPECTED } from "../../formats/text/cells.ts";
import { LITTLE_ENDIAN, swapped } from "../../formats/safetensors/safetensors_types.ts";
import { codecOf, hasLevels } from "../../scoring/table/schema.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { invalid, pointerStep, type Problem } from "../problems.ts";
import type { Units } from "../../scoring/units.ts";

/** What a row must look like. */
type RowShape = Pick<
  Units,
  "columns" | "schema" | "missing" | "optional" | "maxMagnitude" | "fault"
>;

/** @throws Problem for a wrong width or name, or a cell that the model cannot take */
export function readRows(rows: readonly unknown[], shape: RowShape): Cells {
  const data = new Float64Array(rows.length * shape.columns.length);
  rows.forEach((row, r) => {
    if (Array.isArray(row)) readPositions(row, r, shape, data);
    else if (typeof row === "object" && row !== null) readNames(row, r, shape, data);
    else {
      throw invalid(
        `/rows/${r}`,
        `Cannot read row ${r + 1}: expected a list or an object of values, got ${show(row)}`,
      );
    }
  });
  return requireFit(
    { data, rows: rows.length },
    shape,
    (r, c) => Array.isArray(rows[r]) ? c : shape.columns[c],
  );
}

/**
 * Rows of binary numbers.
 * @param width bytes per number: 4 or 8
 * @throws Problem for no rows, an incomplete row, or a cell that cannot be used
 */
export function readFloatRows(
  bytes: Uint8Array<ArrayBuffer>,
  shape: RowShape,
  width: 4 | 8 = 4,
): Cells {
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
  return requireCells(new Float64Array(numbers), shape);
}

/**
 * Encodes numbers as cells, in place; NaN is missing.
 * @throws Problem naming the first cell that cannot be used
 */
export function requireCells(data: Float64Array, shape: RowShape): Cells {
  const { columns, schema, maxMagnitude } = shape;
  const usedAsIs = !schema?.some(({ kind }) => hasLevels(kind));
  for (let i = 0; i < data.length; i++) {
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
 * @param keyOf the key of a column in a row of the body
 * @throws Problem naming the first cell that the likelihood cannot take
 */
export function requireFit(
  cells: Cells,
  { columns, fault }: RowShape,
  keyOf: (row: number, column: number) => string | number = (_, c) => c,
): Cells {
  const found = fault(cells);
  if (!found) return cells;
  const { row, column, needs, value } = found;
  throw refusal(row, columns[column], keyOf(row, column), value, needs);
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
): void {
  const width = shape.columns.length, least = width - (shape.optional ?? 0);
  if (row.length !== width && row.length !== least) {
    const widths = least === width ? width : `${least} or ${width}`;
    throw invalid(
      `/rows/${r}`,
      `Cannot read row ${r + 1}: expected ${widths} values, got ${row.length}`,
    );
  }
  for (let c = 0; c < row.length; c++) {
    const code = codeOf(row[c], c, shape);
    if (code === undefined) throw wrongCell(r, c, c, row[c], shape);
    data[r * width + c] = code;
  }
}

function readNames(
  row: object,
  r: number,
  shape: RowShape,
  data: Float64Array,
): void {
  const cells = row as Readonly<Record<string, unknown>>;
  const { columns, optional = 0 } = shape, least = columns.length - optional;
  const isShort = optional > 0 && !columns.slice(least).some((name) => Object.hasOwn(cells, name));
  const width = isShort ? least : columns.length;
  for (let c = 0; c < width; c++) {
    const name = columns[c];
    if (!Object.hasOwn(cells, name)) {
      throw invalid(
        `/rows/${r}`,
        `Cannot read row ${r + 1}: no column "${name}", expected ${width} columns`,
      );
    }
    const code = codeOf(cells[name], c, shape);
    if (code === undefined) throw wrongCell(r, c, name, cells[name], shape);
    data[r * columns.length + c] = code;
  }
  const names = Object.keys(cells);
  if (names.length === width) return;
  const unknown = names.find((name) => !columns.includes(name))!;
  throw invalid(
    `/rows/${r}${pointerStep(unknown)}`,
    `Cannot read row ${r + 1}: unknown column ${show(unknown)}, expected ${width} columns`,
  );
}

/**
 * The number that encodes a cell; undefined if the column cannot take it. JSON's 1e999 parses as Infinity and is
 * refused here.
 */
function codeOf(cell: unknown, c: number, { schema, missing, maxMagnitude }: RowShape) {
  if (cell === null) return c < missing ? NaN : undefined;
  const column = schema?.[c];
  const ofLevels = column !== undefined && hasLevels(column.kind);
  if (typeof cell === "number") {
    if (!(Math.abs(cell) <= maxMagnitude)) return undefined;
    return ofLevels ? codecOf(column).encode(cell) : cell;
  }
  if (!ofLevels && !(column?.kind === "timestamp" && typeof cell === "string")) return undefined;
  const code = codecOf(column).encode(cell);
  if (code === undefined || Math.abs(code) > maxMagnitude) return undefined;
  return Number.isNaN(code) && c >= missing ? undefined : code;
}

/** @param key the key of the column in the row */
function wrongCell(
  r: number,
  c: number,
  key: string | number,
  value: unknown,
  shape: RowShape,
): Problem {
  return refusal(r, shape.columns[c], key, value, expectedOf(value, c, shape));
}

function expectedOf(
  value: unknown,
  c: number,
  { schema, missing, maxMagnitude }: RowShape,
): string {
  if (typeof value === "number" && Number.isFinite(value)) {
    return `a number of magnitude at most ${maxMagnitude}`;
  }
  const column = schema?.[c];
  if (column === undefined || typeof value === "number") return NUMBER_EXPECTED;
  if (c >= missing && (value === null || (typeof value === "string" && isMissing(value)))) {
    return "a value (missing values are not allowed here)";
  }
  // Amounts are texts only in files.
  const takesText = hasLevels(column.kind) || column.kind === "timestamp";
  return takesText ? codecOf(column).expected(value) : NUMBER_EXPECTED;
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
    `Cannot read row ${r + 1}, column "${name}": expected ${expected}, got ${show(value)}`,
  );
}
