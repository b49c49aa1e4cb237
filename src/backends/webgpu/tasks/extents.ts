/** The sizes of a product, whichever of its operands are transposed. */
import type { Shape } from "../../../core/shape.ts";
import type { Step } from "../values.ts";

/** What a product computes, apart from how it is cut. */
export interface Extents {
  readonly rows: Shape;
  readonly cols: number;
  /** Rows of this shape are the inner dimension, or its columns if \`innerCols\`. */
  readonly inner: Shape;
  /** Which operands are transposed: "", " A", " B" or " A B". */
  readonly ways: string;
}

export function extentsOf({ op, inputs: [left, right], output, attrs }: Step): Extents {
  const { shape } = left, isMatmul = op === "matmul";
  const ways = [
    isMatmul && attrs.transposeA ? " A" : "",
    isMatmul && attrs.transposeB ? " B" : "",
  ].join("");
  if (op === "matmul" && attrs.transposeA === true) {
    // The output may have a row for each part of the sums.
    const cols = attrs.transposeB ? right.shape.rows : right.shape.cols;
    return { rows: { rows: shape.cols, cols: 1, batched: false }, cols, inner: shape, ways };
  }
  const inner = { rows: shape.cols, cols: 1, batched: false };
  return { rows: output.shape, cols: output.shape.cols, inner, ways };
}
