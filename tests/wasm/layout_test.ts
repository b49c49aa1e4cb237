/** Operations that move columns, in the debug build: exact copies, so compared for equality. */
import { deepEqual } from "node:assert/strict";
import { numbers, Workbench } from "./debug_kernels.ts";

const WIDTHS = [1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 100];

const table = (rows: number, cols: number, at: (row: number, col: number) => number) =>
  Float32Array.from({ length: rows * cols }, (_, i) => at(Math.floor(i / cols), i % cols));

Deno.test("sliceCols() copies columns, and padCols() puts them back between zeros", () => {
  const rows = 3;
  for (const cols of WIDTHS) {
    for (const [before, after] of [[0, 0], [1, 0], [0, 2], [5, 3], [70, 66]]) {
      const wide = before + cols + after, x = numbers(rows * wide), bench = new Workbench();
      const slice = bench.output(rows * cols), padded = bench.output(rows * wide);
      bench.call("sliceCols", slice, rows, cols, bench.input(x), wide, before);
      const expected = table(rows, cols, (row, col) => x[row * wide + before + col]);
      deepEqual(bench.read(slice, rows * cols), expected);
      bench.call("padCols", padded, rows, wide, slice, cols, before);
      const inside = (col: number) => col >= before && col < before + cols;
      const restored = table(rows, wide, (row, col) => inside(col) ? x[row * wide + col] : 0);
      deepEqual(bench.read(padded, rows * wide), restored);
    }
  }
});

Deno.test("concatCols() puts two matrices side by side", () => {
  const rows = 3;
  for (const aCols of WIDTHS) {
    for (const bCols of WIDTHS) {
      const a = numbers(rows * aCols, 1), b = numbers(rows * bCols, 2), bench = new Workbench();
      const cols = aCols + bCols, out = bench.output(rows * cols);
      bench.call("concatCols", out, rows, bench.input(a), aCols, bench.input(b), bCols);
      const expected = table(rows, cols, (row, col) => {
        return col < aCols ? a[row * aCols + col] : b[row * bCols + col - aCols];
      });
      deepEqual(bench.read(out, rows * cols), expected);
    }
  }
});
