/**
 * Rows of numbers as users hand them over, brought to one shape: row-major with a known width.
 */
import { show } from "../core/validate.ts";
import { placeholders } from "../distributions/likelihood.ts";
import type { ModelSpec } from "../models/spec.ts";
import { requireData } from "./data_rule.ts";
import { areFinite, MAX_FLOAT32 } from "./finite.ts";

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

/** What goes with rows of a conditional model. */
export interface ConditionOptions {
  /**
   * One row of conditions for each row, `[rows, C]`; needed where the spec has one, unless rows carry it
   * behind their data, and only there. Of a model with a classifier it is the class, one-hot (`oneHot`), or
   * zeros where it is not known; without it no row's is.
   */
  readonly condition?: Rows;
}

/**
 * Rows of data for a model's programs, their conditions behind them: `toMatrix`, of values that its
 * likelihood can take. NaN is a missing cell, where the spec takes such.
 * @throws TypeError or RangeError naming row and column, 1-based, or what is wrong with the condition
 */
export function toRows(spec: ModelSpec, rows: Rows, condition?: Rows): Matrix {
  const { inputs, missing, classifier } = spec;
  const given = classifier ? condition ?? withoutClass(spec, rows) : condition;
  const whole = toConditioned(spec, inputs, rows, given, missing ? inputs : 0);
  if (classifier) requireOneHot(spec, whole);
  requireData(spec, whole.data, { stride: whole.shape[1] });
  return withObserved(spec, whole);
}

/** Classes that are not known, for rows of x alone. */
function withoutClass({ inputs, condition }: ModelSpec, rows: Rows): Matrix | undefined {
  if (widthOf(rows) !== inputs) return undefined;
  const count = "shape" in rows ? rows.shape[0] : rows.length;
  return { data: new Float32Array(count * condition), shape: [count, condition] };
}

/** @throws RangeError naming the row, 1-based, whose class is neither one-hot nor zeros */
function requireOneHot({ inputs, condition }: ModelSpec, { data, shape: [rows, width] }: Matrix) {
  for (let r = 0; r < rows; r++) {
    const ones = data.subarray(r * width + inputs, r * width + inputs + condition);
    const isClass = ones.every((value) => value === 0 || value === 1) &&
      ones.reduce((sum, value) => sum + value, 0) <= 1;
    if (isClass) continue;
    throw new RangeError(
      `Cannot read condition of row ${
        r + 1
      }: expected a class, one-hot, or zeros where it is not known: current value is ${
        show([...ones])
      }`,
    );
  }
}

/**
 * Refuses rows that lack their class, where all of it is needed.
 * @throws TypeError naming the row, 1-based
 */
export function requireClasses(
  { inputs, classifier }: ModelSpec,
  { data, shape: [rows, width] }: Matrix,
  action: string,
): void {
  if (!classifier) return;
  for (let r = 0; r < rows; r++) {
    if (data.subarray(r * width + inputs, (r + 1) * width).includes(1)) continue;
    throw new TypeError(`Cannot ${action}: row ${r + 1} needs its class as condition, one-hot`);
  }
}

/**
 * `[x | c | observed]` of `[x | c]` with NaN for what is missing: 1 for each cell of x that is there; else 0,
 * and a number that the likelihood takes in its place. Rows of a model that takes whole rows stay.
 */
export function withObserved({ inputs, likelihood, missing }: ModelSpec, rows: Matrix): Matrix {
  if (!missing) return rows;
  const [count, width] = rows.shape, wide = width + inputs;
  const data = new Float32Array(count * wide), fill = placeholders(likelihood, inputs);
  for (let r = 0; r < count; r++) {
    const row = data.subarray(r * wide, (r + 1) * wide);
    row.set(rows.data.subarray(r * width, (r + 1) * width));
    markObserved(row, fill);
  }
  return { data, shape: [count, wide] };
}

/** Fills in the mask behind one row, and what is missing in it. */
export function markObserved(row: Float32Array | Float64Array, fill: Float32Array): void {
  const inputs = fill.length, mask = row.length - inputs;
  for (let c = 0; c < inputs; c++) {
    const there = !Number.isNaN(row[c]);
    row[mask + c] = there ? 1 : 0;
    if (!there) row[c] = fill[c];
  }
}

/**
 * `[rows | condition]`, of rows of so many columns, or of rows that are `[rows | condition]` already.
 * @param missing the first columns, whose values may be NaN
 */
export function toConditioned(
  spec: ModelSpec,
  columns: number,
  rows: Rows,
  condition?: Rows,
  missing = 0,
): Matrix {
  const whole = columns + spec.condition;
  if (spec.condition > 0 && condition === undefined && widthOf(rows) === whole) {
    return toMatrix(rows, whole, missing);
  }
  const matrix = toMatrix(rows, columns, missing);
  const conditions = toConditions(spec, matrix.shape[0], condition);
  return conditions ? concatColumns(matrix, conditions) : matrix;
}

/** The first columns of every row: of `[x | c]`, x. */
export function firstColumns({ data, shape: [rows, width] }: Matrix, columns: number): Matrix {
  if (width === columns) return { data, shape: [rows, columns] };
  const first = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    first.set(data.subarray(r * width, r * width + columns), r * columns);
  }
  return { data: first, shape: [rows, columns] };
}

/** Columns of what may turn out to be no rows at all. */
function widthOf(rows: Rows): number | undefined {
  const { shape, 0: first } = Object(rows) as Partial<FloatRows> & { readonly 0?: unknown };
  return shape?.[1] ?? (Object(first) as Partial<ArrayLike<number>>).length;
}

/** The sum of two in float64. */
export function sumOf(a: Float32Array, b: Float32Array): Float64Array {
  const sums = new Float64Array(a);
  for (let i = 0; i < sums.length; i++) sums[i] += b[i];
  return sums;
}

/** What a program says of each cell, NaN where `rows`, as `toRows` gives them, lack it; in place. */
export function whereObserved(cells: Matrix, { data, shape: [, width] }: Matrix): Matrix {
  const [rows, columns] = cells.shape;
  for (let r = 0; r < rows; r++) {
    const mask = (r + 1) * width - columns;
    for (let c = 0; c < columns; c++) {
      if (data[mask + c] === 0) cells.data[r * columns + c] = NaN;
    }
  }
  return cells;
}

/**
 * One row of conditions for each of `count` rows; undefined where the model has no condition.
 * @throws TypeError or RangeError if it is missing, surplus or of another size
 */
export function toConditions(
  { condition: columns }: ModelSpec,
  count: number,
  condition: Rows | undefined,
): Matrix | undefined {
  if (columns === 0) {
    if (condition === undefined) return undefined;
    throw new TypeError("Cannot read condition: the model has none");
  }
  if (condition === undefined) {
    throw new TypeError(
      `Cannot read condition: the model needs ${columns} columns of it: it is missing`,
    );
  }
  const matrix = toMatrix(condition, columns);
  if (matrix.shape[0] === count) return matrix;
  throw new RangeError(
    `Cannot read condition: expected ${count} rows: current value is ${matrix.shape[0]}`,
  );
}

function concatColumns(a: Matrix, b: Matrix): Matrix {
  const [rows, left] = a.shape, right = b.shape[1], width = left + right;
  const data = new Float32Array(rows * width);
  for (let r = 0; r < rows; r++) {
    data.set(a.data.subarray(r * left, (r + 1) * left), r * width);
    data.set(b.data.subarray(r * right, (r + 1) * right), r * width + left);
  }
  return { data, shape: [rows, width] };
}

/**
 * A matrix of exactly `columns` columns; data that already is one is not copied.
 * @param missing the first columns, whose values may be NaN
 * @throws TypeError or RangeError naming row and column, 1-based, for a wrong width or a value that
 *   is not a finite float32
 */
export function toMatrix(rows: Rows, columns: number, missing = 0): Matrix {
  const matrix = Array.isArray(rows) ? fromArrays(rows, columns) : fromFloats(rows, columns);
  const { data } = matrix;
  if (areFinite(data, MAX_FLOAT32)) return matrix;
  for (let i = 0; i < data.length; i++) {
    if (Math.abs(data[i]) <= MAX_FLOAT32 || (i % columns < missing && Number.isNaN(data[i]))) {
      continue;
    }
    throw notFinite(i, columns, data[i]);
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
  return { data: data instanceof Float32Array ? data : new Float32Array(data), shape };
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
