/**
 * Windows with missing cells filled, to be fitted: on a straight line between the nearest cells of the column in the
 * window, at its ends by the nearest, and by the mean, 0, if the column has none. Neighbouring readings are alike:
 * means would teach the model steps that never were, of a sensor that reports at every fourth step in most cells.
 */
import type { Matrix } from "../../trained/rows/matrix.ts";

/** @param window steps, each of as many numbers */
export function filled({ data, shape }: Matrix, window: number): Matrix {
  const [rows, width] = shape, columns = width / window, whole = data.slice();
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) fillColumn(whole, r * width + c, columns, window);
  }
  return { data: whole, shape };
}

/** Fills one column of a window, whose cells are `stride` apart. */
function fillColumn(data: Float32Array, first: number, stride: number, window: number): void {
  let before = -1;
  for (let t = 0; t <= window; t++) {
    if (t < window && Number.isNaN(data[first + t * stride])) continue;
    const last = data[first + before * stride], next = data[first + t * stride];
    const [left, right] = before < 0
      ? t === window ? [0, 0] : [next, next]
      : t === window
      ? [last, last]
      : [last, next];
    for (let gap = before + 1; gap < t; gap++) {
      const share = (gap - before) / (t - before);
      data[first + gap * stride] = left + share * (right - left);
    }
    before = t;
  }
}
