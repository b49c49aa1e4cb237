/** Training rows: the data, followed by the condition or the label of each row, if the model has one. */
import type { ModelSpec } from "../../models/spec.ts";
import { oneHot, type RowLabels } from "../../trained/rows/labels.ts";
import type { Matrix, Rows } from "../../trained/rows/matrix.ts";
import { type ConditionOptions, toRows } from "../../trained/rows/model_rows.ts";

/** The condition or labels of training rows. */
export interface LabelOptions extends ConditionOptions {
  /** A class per row, for a model with a classifier: 0 to C - 1; -1 or null if it is missing. */
  readonly labels?: RowLabels;
}

/**
 * `[x | c]`, or `[x | y]` with y one-hot, or zeros if it is missing.
 * @throws TypeError or RangeError if something the model needs is missing, unexpected or of the wrong size
 */
export function toTrainingRows(
  spec: ModelSpec,
  rows: Rows,
  { condition, labels }: LabelOptions,
): Matrix {
  if (!spec.classifier) {
    if (labels === undefined) return toRows(spec, rows, condition);
    throw new TypeError("Cannot read labels: the model has no classifier");
  }
  if (condition !== undefined) {
    throw new TypeError("Cannot read condition: a model with a classifier takes labels instead");
  }
  if (labels === undefined) {
    throw new TypeError("Cannot read labels: the model has a classifier and needs them");
  }
  return toRows(spec, rows, oneHot(labels, spec.condition));
}

/** Indices of the rows of `[x | y]` that have a label, and of those that lack it, ascending. */
export function byLabel(
  { data, shape: [rows, columns] }: Matrix,
  classes: number,
): { readonly labelled: Uint32Array; readonly unlabelled: Uint32Array } {
  const isLabelled = (row: number) => {
    const end = (row + 1) * columns;
    return data.subarray(end - classes, end).includes(1);
  };
  const all = Uint32Array.from({ length: rows }, (_, i) => i);
  return { labelled: all.filter(isLabelled), unlabelled: all.filter((row) => !isLabelled(row)) };
}
