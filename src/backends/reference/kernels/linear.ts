/** Matrix products in float64; formulas in `ops/linear.ts`. */
import { ACTIVATE } from "./activations.ts";
import { at, fill, type Kernel, sum } from "./view.ts";

export const dense: Kernel<"dense"> = (out, [x, weight, bias], { activation }) =>
  fill(out, (row, col) => {
    const product = sum(x.cols, (k) => at(x, row, k) * at(weight, k, col));
    return ACTIVATE[activation](product + at(bias, 0, col));
  });

export const matmul: Kernel<"matmul"> = (out, [a, b], { transposeA, transposeB }) => {
  const inner = transposeA ? a.rows : a.cols;
  fill(out, (row, col) =>
    sum(inner, (k) => {
      const left = transposeA ? at(a, k, row) : at(a, row, k);
      const right = transposeB ? at(b, col, k) : at(b, k, col);
      return left * right;
    }));
};
