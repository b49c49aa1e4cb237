/**
 * Matrix products.
 *
 *   dense:  y = f(x · W + b)         x [r, I], W [I, O], b [1, O], y [r, O]
 *   matmul: y = op(a) · op(b)        op(m) is m or its transpose
 *
 * Derivatives: d(xW) gives dx = dy · Wᵀ and dW = xᵀ · dy. Transposes are never materialised: the flags tell the kernel
 * in which order to read. A batched dimension may be summed over (xᵀ · dy over the rows of the batch) but never becomes
 * columns.
 */
import { rowsAt, type Shape, sizeAt } from "../core/shape.ts";
import { requireShapes } from "./shapes.ts";
import type { OpSpec } from "./spec.ts";

export const dense: OpSpec<"dense"> = {
  arity: 3,
  terms: innerLength,
  infer([x, weight, bias]) {
    requireShapes("dense", !weight.batched && !bias.batched, "weights must be fixed", weight, bias);
    requireShapes(
      "dense",
      weight.rows === x.cols,
      "weight rows must equal input columns",
      x,
      weight,
    );
    const biasFits = bias.rows === 1 && bias.cols === weight.cols;
    requireShapes("dense", biasFits, "bias must be one row of weight columns", bias, weight);
    return { ...x, cols: weight.cols };
  },
  vjp(e, { inputs: [x, weight], attrs, output }, dy) {
    const kind = attrs.activation;
    const dPre = kind === "identity" ? dy : e.activationGrad(output, dy, { kind });
    return [
      () => e.matmul(dPre, weight, { transposeA: false, transposeB: true }),
      () => e.matmul(x, dPre, { transposeA: true, transposeB: false }),
      () => e.sumRows(dPre, { mean: false }),
    ];
  },
};

export const matmul: OpSpec<"matmul"> = {
  arity: 2,
  terms: innerLength,
  infer([a, b], { transposeA, transposeB }) {
    const outer = transposeA ? columnsOf(a) : rowsOf(a);
    const innerA = transposeA ? rowsOf(a) : columnsOf(a);
    const innerB = transposeB ? columnsOf(b) : rowsOf(b);
    const cols = transposeB ? rowsOf(b) : columnsOf(b);
    const inner = innerA.rows === innerB.rows && innerA.batched === innerB.batched;
    requireShapes("matmul", inner, "inner dimensions must agree", a, b);
    requireShapes("matmul", !cols.batched, "columns must not depend on the batch", a, b);
    return { ...outer, cols: cols.rows };
  },
  vjp(e, { inputs: [a, b], attrs: { transposeA, transposeB } }, dy) {
    return [
      () =>
        transposeA
          ? e.matmul(b, dy, { transposeA: transposeB, transposeB: true })
          : e.matmul(dy, b, { transposeA: false, transposeB: !transposeB }),
      () =>
        transposeB
          ? e.matmul(dy, a, { transposeA: true, transposeB: transposeA })
          : e.matmul(a, dy, { transposeA: !transposeA, transposeB: false }),
    ];
  },
};

/** The inner dimension: the length of each dot product. */
function innerLength(left: Shape, output: Shape, batchRows: number): number {
  return sizeAt(left, batchRows) / rowsAt(output, batchRows);
}

type Extent = Pick<Shape, "rows" | "batched">;
const rowsOf = ({ rows, batched }: Shape): Extent => ({ rows, batched });
const columnsOf = ({ cols }: Shape): Extent => ({ rows: cols, batched: false });
