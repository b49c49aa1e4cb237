/** Column slices, padding and concatenation in float64; definitions in `ops/layout.ts`. */
import { at, fill, type Kernel } from "./view.ts";

export const sliceCols: Kernel<"sliceCols"> = (out, [x], { start }) =>
  fill(out, (row, col) => at(x, row, start + col));

export const padCols: Kernel<"padCols"> = (out, [x], { before }) =>
  fill(out, (row, col) => {
    const from = col - before;
    return from >= 0 && from < x.cols ? at(x, row, from) : 0;
  });

export const concatCols: Kernel<"concatCols"> = (out, [a, b]) =>
  fill(out, (row, col) => col < a.cols ? at(a, row, col) : at(b, row, col - a.cols));
