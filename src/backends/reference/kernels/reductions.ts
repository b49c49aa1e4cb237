/** Sums, their adjoints and log-sum-exp in float64; formulas in `ops/reductions.ts`. */
import { logSumExp } from "../../../core/stable.ts";
import { at, elementwise, fill, type Kernel, put, size, sum, type View } from "./view.ts";

export const sumRows: Kernel<"sumRows"> = (out, [x], { mean }) =>
  fill(out, (_, col) => sum(x.rows, (row) => at(x, row, col)) / (mean ? x.rows : 1));

export const sumCols: Kernel<"sumCols"> = (out, [x]) =>
  fill(out, (row) => sum(x.cols, (col) => at(x, row, col)));

export const broadcast: Kernel<"broadcast"> = (out, [x], { mean }) => {
  const divisor = mean ? out.rows / x.rows : 1;
  elementwise(out, [x], (value) => value / divisor);
};

export const repeatRows: Kernel<"repeatRows"> = (out, [x], { times }) =>
  fill(out, (row, col) => at(x, Math.floor(row / times), col));

export const sumGroups: Kernel<"sumGroups"> = (out, [x], { size }) =>
  fill(out, (row, col) => sum(size, (i) => at(x, row * size + i, col)));

export const logSumExpCols: Kernel<"logSumExpCols"> = (out, [x]) =>
  fill(out, (row) => logSumExp(rowOf(x, row)));

export const softmaxCols: Kernel<"softmaxCols"> = (out, [x]) => {
  for (let row = 0; row < x.rows; row++) {
    const largest = rowOf(x, row).reduce((a, b) => Math.max(a, b));
    const total = sum(x.cols, (col) => Math.exp(at(x, row, col) - largest));
    for (let col = 0; col < x.cols; col++) {
      put(out, row, col, Math.exp(at(x, row, col) - largest) / total);
    }
  }
};

export const squaredNorm: Kernel<"squaredNorm"> = (out, [x]) =>
  fill(out, () => sum(size(x), (i) => x.data[x.offset + i] ** 2));

export const smallestCols: Kernel<"smallestCols"> = (out, [x]) => {
  for (let row = 0; row < x.rows; row++) {
    const values = rowOf(x, row);
    const order = Array.from(values.keys()).sort((a, b) => compare(values[a], values[b]) || a - b);
    for (let k = 0; k < out.cols; k++) put(out, row, k, order[k]);
  }
};

/** Orders NaN after all numbers. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

function rowOf({ data, offset, cols }: View, row: number): Float64Array {
  return data.subarray(offset + row * cols, offset + (row + 1) * cols);
}
