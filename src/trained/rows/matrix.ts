/** Converts rows of numbers from users to one form: row-major with a known width. */
import { show } from "../../core/validate.ts";
import { RowError } from "../../core/row_error.ts";
import { haveFiniteSum, MAX_FLOAT32 } from "../finite.ts";

/** `[rows, columns]`, row-major. */
export interface Matrix {
  /** Values. */
  readonly data: Float32Array;
  /** Rows and columns. */
  readonly shape: readonly [rows: number, columns: number];
}

/** Rows that calls accept: arrays of numbers, or a matrix. */
export type Rows =
  | readonly ArrayLike<number>[]
  | { readonly data: Float32Array | Float64Array; readonly shape: readonly [number, number] };

/** Row-major floats of either precision. */
type FloatRows = Extract<Rows, { readonly shape: unknown }>;

/**
 * A matrix of exactly `columns` columns; a float32 matrix is not copied.
 * @param missing number of leading columns whose values may be NaN
 * @throws RowError for a wrong width, or a value that is not a finite float32; TypeError or RangeError for no matrix
 */
export function toMatrix(rows: Rows, columns: number, missing = 0): Matrix {
  const matrix = toUnchecked(rows, columns), { data } = matrix;
  if (haveFiniteSum(data)) return matrix;
  for (let i = 0; i < data.length; i++) {
    if (Math.abs(data[i]) <= MAX_FLOAT32 || (i % columns < missing && Number.isNaN(data[i]))) {
      continue;
    }
    throw cellError("a finite number", data[i], i, columns);
  }
  return matrix;
}

/** `toMatrix` without the check of values. */
export function toUnchecked(rows: Rows, columns: number): Matrix {
  return Array.isArray(rows) ? fromArrays(rows, columns) : fromFloats(rows, columns);
}

function fromArrays(rows: readonly ArrayLike<number>[], columns: number): Matrix {
  const data = new Float32Array(rows.length * columns);
  // By index: a hole in the list is a missing row, which `forEach` would skip.
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r];
    const width = (row as ArrayLike<number> | undefined)?.length;
    if (width !== columns) {
      throw new RowError(`expected ${columns} numbers, got ${width ?? show(row)}`, r + 1);
    }
    for (let c = 0; c < columns; c++) {
      if (typeof row[c] !== "number") {
        throw cellError("a finite number", row[c], r * columns + c, columns);
      }
      data[r * columns + c] = row[c];
    }
  }
  return { data, shape: [rows.length, columns] };
}

function fromFloats(value: unknown, columns: number): Matrix {
  const { data, shape } = requireFloatRows(value, columns);
  return { data: data instanceof Float32Array ? data : new Float32Array(data), shape };
}

/** @throws TypeError or RangeError unless the value is float data with a matching shape */
export function requireFloatRows(value: unknown, columns?: number): FloatRows {
  const { data, shape } = Object(value) as Partial<FloatRows>;
  const isFloat = data instanceof Float32Array || data instanceof Float64Array;
  if (!isFloat || !isShape(shape)) {
    const fault = data === undefined && shape === undefined
      ? `got ${show(value)}`
      : isFloat
      ? `got shape ${show(shape)}`
      : "got data that is neither a Float32Array nor a Float64Array";
    throw new TypeError(
      `Cannot read rows: expected a list of rows, or float data with shape [rows, columns], ${fault}`,
    );
  }
  const [rows, width] = shape;
  if (width === (columns ?? width) && data.length === rows * width) return { data, shape };
  throw new RangeError(
    `Cannot read rows: expected ${
      columns ?? width
    } columns, got shape [${rows}, ${width}] over ${data.length} numbers`,
  );
}

function isShape(shape: unknown): shape is readonly [number, number] {
  return Array.isArray(shape) && shape.length === 2 &&
    shape.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** The error about the cell at an index of a matrix. */
export function cellError(
  expected: string,
  value: unknown,
  index: number,
  columns: number,
): RowError {
  const row = Math.floor(index / columns) + 1, column = (index % columns) + 1;
  return new RowError(`expected ${expected}, got ${show(value)}`, row, column);
}

/** The number of columns, for a value that may not be rows at all. */
export function widthOf(rows: Rows): number | undefined {
  const { shape, 0: first } = Object(rows) as Partial<FloatRows> & { readonly 0?: unknown };
  return shape?.[1] ?? (Object(first) as Partial<ArrayLike<number>>).length;
}

/** The first columns of every row: x of `[x | c]`. */
export function firstColumns({ data, shape: [rows, width] }: Matrix, columns: number): Matrix {
  if (width === columns) return { data, shape: [rows, columns] };
  const first = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    first.set(data.subarray(r * width, r * width + columns), r * columns);
  }
  return { data: first, shape: [rows, columns] };
}

/**
 * `count` rows starting at `first`, not copied. Creates a view only if they are not all rows: a view costs as much as
 * scoring a short row.
 */
export function rowsOf(
  { data, shape: [, columns] }: Matrix,
  first: number,
  count: number,
): Float32Array {
  const from = first * columns, to = from + count * columns;
  return from === 0 && to === data.length ? data : data.subarray(from, to);
}

/** Joins the columns of two matrices row by row. */
export function concatColumns(a: Matrix, b: Matrix): Matrix {
  const [rows, left] = a.shape, right = b.shape[1], width = left + right;
  const data = new Float32Array(rows * width);
  for (let r = 0; r < rows; r++) {
    data.set(a.data.subarray(r * left, (r + 1) * left), r * width);
    data.set(b.data.subarray(r * right, (r + 1) * right), r * width + left);
  }
  return { data, shape: [rows, width] };
}

/** Elementwise sum in float64. */
export function sumOf(a: Float32Array, b: Float32Array): Float64Array {
  const sums = new Float64Array(a.length);
  for (let i = 0; i < sums.length; i++) sums[i] = a[i] + b[i];
  return sums;
}
