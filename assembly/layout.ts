/** Column slices, padding and concatenation, row by row; definitions in src/ops/layout.ts. Exact. */
import { at, copy, fill } from "./memory";

/** out [rows, cols] = columns start … start + cols - 1 of x [rows, xCols]. */
export function sliceCols(
  out: usize,
  rows: i32,
  cols: i32,
  x: usize,
  xCols: i32,
  start: i32,
): void {
  assert(start >= 0 && start + cols <= xCols);
  for (let row = 0; row < rows; row++) {
    copy(at(out, row * cols), at(x, row * xCols + start), cols);
  }
}

/** out [rows, cols] = zeros, x [rows, xCols] from column `before`, zeros. */
export function padCols(
  out: usize,
  rows: i32,
  cols: i32,
  x: usize,
  xCols: i32,
  before: i32,
): void {
  const after = cols - xCols - before;
  assert(before >= 0 && after >= 0);
  for (let row = 0; row < rows; row++) {
    const to = at(out, row * cols);
    fill(to, 0, before);
    copy(at(to, before), at(x, row * xCols), xCols);
    fill(at(to, before + xCols), 0, after);
  }
}

/** out [rows, aCols + bCols] = [a | b]. */
export function concatCols(
  out: usize,
  rows: i32,
  a: usize,
  aCols: i32,
  b: usize,
  bCols: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const to = at(out, row * (aCols + bCols));
    copy(to, at(a, row * aCols), aCols);
    copy(at(to, aCols), at(b, row * bCols), bCols);
  }
}
