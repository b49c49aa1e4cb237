/**
 * Sums and their adjoints, the stable log-sum-exp, and the columns of the smallest values.
 *
 *   sumRows [r, c] → [1, c] (divided by r when `mean`)      sumCols [r, c] → [r, 1]
 *   broadcast stretches one row and/or one column to a shape (divided by the number of output rows when `mean`)
 *   repeatRows row i → rows i·times … i·times + times - 1    sumGroups sums such groups (its adjoint)
 *   logSumExpCols m + ln Σ eˣ⁻ᵐ, m the row's maximum; -Infinity for a row of -Infinity
 *   softmaxCols eˣ⁻ᵐ / Σ eˣ⁻ᵐ
 *   squaredNorm Σ x² over all elements, [1, 1]
 *   smallestCols [r, c] → [r, count], the column indices of each row's `count` smallest values, in ascending order;
 *     ties in column order, NaN after all numbers; no derivative flows through it
 *
 * Each reduction runs in one fixed order per backend, so results are repeatable.
 */
import { fixed, SCALAR, type Shape, sizeAt } from "../core/shape.ts";
import { requireShapes } from "./shapes.ts";
import { scaled } from "./shorthand.ts";
import type { OpSpec } from "./spec.ts";

export const sumRows: OpSpec<"sumRows"> = {
  arity: 1,
  terms: elementsOfOne,
  infer: ([x]) => fixed(1, x.cols),
  vjp: (e, { inputs: [x], attrs: { mean } }, dy) => [() => e.broadcast(dy, { ...x.shape, mean })],
};

export const sumCols: OpSpec<"sumCols"> = {
  arity: 1,
  terms: elementsOfOne,
  infer: ([x]) => ({ ...x, cols: 1 }),
  vjp: (e, { inputs: [x] }, dy) => [() => e.broadcast(dy, { ...x.shape, mean: false })],
};

export const broadcast: OpSpec<"broadcast"> = {
  arity: 1,
  infer([x], { rows, cols, batched }) {
    const output = { rows, cols, batched };
    const rowFits = (x.rows === 1 && !x.batched) || (x.rows === rows && x.batched === batched);
    const colFits = x.cols === 1 || x.cols === cols;
    requireShapes(
      "broadcast",
      rowFits && colFits,
      "each dimension must be one or equal",
      x,
      output,
    );
    return output;
  },
  vjp: (e, { inputs: [x], attrs: { mean } }, dy) => [() => {
    const narrow = x.shape.cols === dy.shape.cols ? dy : e.sumCols(dy);
    const gainedRows = x.shape.rows !== dy.shape.rows || x.shape.batched !== dy.shape.batched;
    return gainedRows ? e.sumRows(narrow, { mean }) : narrow;
  }],
};

export const repeatRows: OpSpec<"repeatRows"> = {
  arity: 1,
  infer: ([x], { times }) => ({ ...x, rows: x.rows * times }),
  vjp: (e, { attrs: { times } }, dy) => [() => e.sumGroups(dy, { size: times })],
};

export const sumGroups: OpSpec<"sumGroups"> = {
  arity: 1,
  terms: elementsOfOne,
  infer([x], { size }) {
    requireShapes("sumGroups", x.rows % size === 0, `rows must be a multiple of ${size}`, x);
    return { ...x, rows: x.rows / size };
  },
  vjp: (e, { attrs: { size } }, dy) => [() => e.repeatRows(dy, { times: size })],
};

export const logSumExpCols: OpSpec<"logSumExpCols"> = {
  arity: 1,
  terms: elementsOfOne,
  infer: ([x]) => ({ ...x, cols: 1 }),
  vjp: (e, { inputs: [x] }, dy) => [() => e.mul(dy, e.softmaxCols(x))],
};

export const softmaxCols: OpSpec<"softmaxCols"> = {
  arity: 1,
  terms: ({ cols }) => cols,
  infer: ([x]) => x,
  vjp: (e, { output }, dy) => [() => {
    const weighted = e.mul(dy, output);
    return e.sub(weighted, e.mul(output, e.sumCols(weighted)));
  }],
};

export const squaredNorm: OpSpec<"squaredNorm"> = {
  arity: 1,
  terms: elementsOfOne,
  infer: () => SCALAR,
  vjp: (e, { inputs: [x] }, dy) => [() => scaled(e, e.mul(dy, x), 2)],
};

/** Column indices are float32, which is exact up to 2^24. For more than MAX_COUNT values, sorting is the better way. */
const MAX_COLUMNS = 2 ** 24, MAX_COUNT = 1024;

export const smallestCols: OpSpec<"smallestCols"> = {
  arity: 1,
  infer(shapes, { count }) {
    const [x] = shapes, max = Math.min(x.cols, MAX_COUNT);
    const fits = Number.isInteger(count) && count >= 1 && count <= max && x.cols <= MAX_COLUMNS;
    requireShapes("smallestCols", fits, `count must be 1 to ${max}, not ${count}`, x);
    return { ...x, cols: count };
  },
  // Step functions: the derivative is zero almost everywhere.
  vjp: () => [null],
};

/** Operand elements summed into each output element. */
function elementsOfOne(x: Shape, output: Shape, batchRows: number): number {
  return sizeAt(x, batchRows) / sizeAt(output, batchRows);
}
