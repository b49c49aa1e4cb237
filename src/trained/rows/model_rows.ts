/** Builds and checks the rows of a model's programs: data, then the condition, then the mask of observed cells. */
import { show } from "../../core/validate.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { requireData } from "./data_rule.ts";
import { concatColumns, type Matrix, type Rows, toMatrix, widthOf } from "./matrix.ts";
import { withObserved } from "./observed.ts";

/** The condition for rows of a conditional model. */
export interface ConditionOptions {
  /**
   * One row of conditions per row of data, `[rows, C]`. Required if the spec has a condition, unless the rows include
   * it after their data, and not allowed otherwise. For a model with a classifier it is the class, one-hot (`oneHot`),
   * or zeros if unknown; if omitted, all classes are unknown.
   */
  readonly condition?: Rows;
}

/**
 * Rows of data followed by their conditions, for a model's programs: `toMatrix`, with values that its likelihood
 * allows. NaN marks a missing cell, if the spec accepts these.
 * @throws RowError naming row and column; TypeError or RangeError naming the fault of the condition
 */
export function toRows(spec: ModelSpec, rows: Rows, condition?: Rows): Matrix {
  const { inputs, missing, classifier } = spec;
  const given = classifier ? condition ?? withoutClass(spec, rows) : condition;
  const conditioned = toConditioned(spec, inputs, rows, given, missing ? inputs : 0);
  if (classifier) requireOneHot(spec, conditioned);
  requireData(spec, conditioned.data, { stride: conditioned.shape[1] });
  return withObserved(spec, conditioned);
}

/** Unknown classes, for rows of x alone. */
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
      `Cannot read condition of row ${r + 1}: expected a one-hot class, or zeros if unknown, got ${
        show([...ones])
      }`,
    );
  }
}

/**
 * Rejects rows with an unknown class, where the class is required.
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
    throw new TypeError(`Cannot ${action}: row ${r + 1} needs its class as a one-hot condition`);
  }
}

/**
 * `[rows | condition]`, from rows of `columns` columns, or from rows that already include the condition.
 * @param missing number of leading columns whose values may be NaN
 */
export function toConditioned(
  spec: ModelSpec,
  columns: number,
  rows: Rows,
  condition?: Rows,
  missing = 0,
): Matrix {
  const fullWidth = columns + spec.condition;
  if (spec.condition > 0 && condition === undefined && widthOf(rows) === fullWidth) {
    return toMatrix(rows, fullWidth, missing);
  }
  const matrix = toMatrix(rows, columns, missing);
  const conditions = toConditions(spec, matrix.shape[0], condition);
  return conditions ? concatColumns(matrix, conditions) : matrix;
}

/**
 * One row of conditions for each of `count` rows; undefined if the model has no condition.
 * @throws TypeError or RangeError if it is missing, unexpected or of the wrong size
 */
export function toConditions(
  { condition: columns }: ModelSpec,
  count: number,
  condition: Rows | undefined,
): Matrix | undefined {
  if (columns === 0) {
    if (condition === undefined) return undefined;
    throw new TypeError("Cannot read condition: the model takes none");
  }
  if (condition === undefined) {
    throw new TypeError(
      `Cannot read condition: the model needs one of ${columns} columns, got none`,
    );
  }
  const matrix = toMatrix(condition, columns);
  if (matrix.shape[0] === count) return matrix;
  throw new RangeError(
    `Cannot read condition: expected ${count} rows, got ${matrix.shape[0]}`,
  );
}
