/**
 * Rows of numbers as users hand them over, brought to one shape: row-major with a known width.
 */
import { show } from "../core/validate.ts";
import type { ModelSpec } from "../models/spec.ts";
import { requireData } from "./data_rule.ts";

/** `[rows, columns]`, row-major. */
export interface Matrix {
  /** Values. */
  readonly data: Float32Array;
  /** Rows and columns. */
  readonly shape: readonly [rows: number, columns: number];
}

/** What calls accept as rows: arrays of numbers, or a matrix. */
export type Rows =
  | readonly ArrayLike<number>[]
  | { readonly data: Float32Array | Float64Array; readonly shape: readonly [number, number] };

/** Row-major floats of either precision. */
type FloatRows = Extract<Rows, { readonly shape: unknown }>;

/** The largest magnitude that float32 holds. */
export const MAX_FLOAT32 = 3.4028234663852886e38;

/**
 * Rows of data for a model: `toMatrix`, of values that its likelihood can take.
 * @throws TypeError or RangeError naming row and column, 1-based
 */
export function toRows(spec: ModelSpec, rows: Rows): Matrix {
  const matrix = toMatrix(rows, spec.inputs);
  requireData(spec, matrix.data);
  return matrix;
}

/**
 * A matrix of exactly `columns` columns; data that already is one is not copied.
 * @throws TypeError or RangeError naming row and column, 1-based, for a wrong width or a value that
 *   is not a finite float32
 */
export function toMatrix(rows: Rows, columns: number): Matrix {
  const matrix = Array.isArray(rows) ? fromArrays(rows, columns) : fromFloats(rows, columns);
  const { data } = matrix;
  for (let i = 0; i < data.length; i++) {
    if (!(Math.abs(data[i]) <= MAX_FLOAT32)) throw notFinite(i, columns, data[i]);
  }
  return matrix;
}

function fromArrays(rows: readonly ArrayLike<number>[], columns: number): Matrix {
  const data = new Float32Array(rows.length * columns);
  // By index: a hole in the list is a row that is missing, and `forEach` would pass over it.
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r];
    const width = (row as ArrayLike<number> | undefined)?.length;
    if (width !== columns) {
      const current = width ?? show(row);
      throw new RangeError(
        `Cannot read row ${r + 1}: expected ${columns} numbers: current value is ${current}`,
      );
    }
    for (let c = 0; c < columns; c++) {
      if (typeof row[c] !== "number") throw notFinite(r * columns + c, columns, row[c]);
      data[r * columns + c] = row[c];
    }
  }
  return { data, shape: [rows.length, columns] };
}

function fromFloats(value: unknown, columns: number): Matrix {
  const { data, shape } = requireFloatRows(value, columns);
  return { data: data instanceof Float32Array ? data : Float32Array.from(data), shape };
}

/** @throws TypeError or RangeError unless the value is float data with a shape that fits it */
export function requireFloatRows(value: unknown, columns?: number): FloatRows {
  const { data, shape } = Object(value) as Partial<FloatRows>;
  const isFloat = data instanceof Float32Array || data instanceof Float64Array;
  if (!isFloat || !isShape(shape)) {
    const fault = data === undefined && shape === undefined
      ? `current value is ${show(value)}`
      : isFloat
      ? `shape is ${show(shape)}`
      : "data is neither a Float32Array nor a Float64Array";
    throw new TypeError(
      `Cannot read rows: expected a list of rows, or float data with shape [rows, columns]: ${fault}`,
    );
  }
  const [rows, width] = shape;
  if (width === (columns ?? width) && data.length === rows * width) return { data, shape };
  throw new RangeError(
    `Cannot read rows: expected ${
      columns ?? width
    } columns: current value is shape [${rows}, ${width}] over ${data.length} numbers`,
  );
}

function isShape(shape: unknown): shape is readonly [number, number] {
  return Array.isArray(shape) && shape.length === 2 &&
    shape.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function notFinite(index: number, columns: number, value: unknown): TypeError {
  const row = Math.floor(index / columns) + 1, column = (index % columns) + 1;
  return new TypeError(
    `Cannot read row ${row}, column ${column}: expected a finite number: current value is ${
      show(value)
    }`,
  );
}
