/** The sizes of a product, for any transposition of its operands. */
import type { Shape } from "../../../core/shape.ts";
import type { Step } from "../values.ts";

/** The sizes of a product, apart from its tiling. */
export interface Extents {
  readonly rows: Shape;
  readonly cols: number;
  /** The inner dimension is the number of rows of this shape. */
  readonly inner: Shape;
  /** Which operands are transposed: "", " A", " B" or " A B". */
  readonly transposes: string;
}

export function extentsOf({ op, inputs: [left, right], output, attrs }: Step): Extents {
  const { shape } = left, isMatmul = op === "matmul";
  const transposes = [
    isMatmul && attrs.transposeA ? " A" : "",
    isMatmul && attrs.transposeB ? " B" : "",
  ].join("");
  if (op === "matmul" && attrs.transposeA === true) {
    // The output may have a row for each part of the sums.
    const cols = attrs.transposeB ? right.shape.rows : right.shape.cols;
    return { rows: { rows: shape.cols, cols: 1, batched: false }, cols, inner: shape, transposes };
  }
  const inner = { rows: shape.cols, cols: 1, batched: false };
  return { rows: output.shape, cols: output.shape.cols, inner, transposes };
}
