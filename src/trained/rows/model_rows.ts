/** Rows for a model's programs: data, then the condition, then which cells are there, each checked. */
import { show } from "../../core/validate.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { requireData } from "./data_rule.ts";
import { concatColumns, type Matrix, type Rows, toMatrix, widthOf } from "./matrix.ts";
import { withObserved } from "./observed.ts";

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
      }: expected a class, one-hot, or zeros where it is not known, got ${show([...ones])}`,
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
    `Cannot read condition: expected ${count} rows, got ${matrix.shape[0]}`,
  );
}
