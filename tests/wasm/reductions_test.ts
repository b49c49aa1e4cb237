/** Sums, their adjoints and log-sum-exp in the debug build, against float64 loops. */
import { deepEqual } from "node:assert/strict";
import { logSumExp } from "../../src/core/stable.ts";
import { assertCloseReduction, assertRelative, F32_UNIT_ROUNDOFF } from "../util/close.ts";
import { numbers, Workbench } from "./debug_kernels.ts";

const SIZES: readonly (readonly [rows: number, cols: number])[] = [
  ...Array.from({ length: 19 }, (_, i) => [i + 1, 20 - i] as const),
  ...[1, 2, 3, 4, 5, 15, 16, 17, 31, 32, 33, 64, 65, 300].map((cols) => [3, cols] as const),
  ...[63, 64, 65, 1000].map((rows) => [rows, 1] as const),
  [100, 37],
];

const abs = (values: Float32Array) => Float64Array.from(values, Math.abs);

/** Sums of `values` [rows, cols] over rows or columns. */
function sums(values: ArrayLike<number>, rows: number, cols: number, over: "rows" | "cols") {
  const total = new Float64Array(over === "rows" ? cols : rows);
  for (let i = 0; i < rows * cols; i++) {
    total[over === "rows" ? i % cols : Math.floor(i / cols)] += values[i];
  }
  return total;
}

Deno.test("sumCols() sums each row", () => {
  for (const [rows, cols] of SIZES) {
    const x = numbers(rows * cols), bench = new Workbench();
    const out = bench.output(rows);
    bench.call("sumCols", out, bench.input(x), rows, cols);
    const [expected, size] = [sums(x, rows, cols, "cols"), sums(abs(x), rows, cols, "cols")];
    assertCloseReduction(bench.read(out, rows), expected, size, cols, `[${rows}, ${cols}]`);
  }
});

Deno.test("sumRows() sums each column, or takes its mean", () => {
  for (const [rows, cols] of SIZES) {
    for (const mean of [0, 1]) {
      const x = numbers(rows * cols), bench = new Workbench(), divisor = mean ? rows : 1;
      const out = bench.output(cols);
      bench.call("sumRows", out, bench.input(x), rows, cols, mean, cols);
      const expected = sums(x, rows, cols, "rows").map((sum) => sum / divisor);
      const size = sums(abs(x), rows, cols, "rows").map((sum) => sum / divisor);
      assertCloseReduction(bench.read(out, cols), expected, size, rows, `[${rows}, ${cols}]`);
    }
  }
});

Deno.test("sumGroups() sums groups of rows, and repeatRows() copies them", () => {
  for (const [size, cols] of SIZES) {
    const groups = 3, x = numbers(groups * size * cols), bench = new Workbench();
    const out = bench.output(groups * cols), repeated = bench.output(groups * size * cols);
    bench.call("sumGroups", out, bench.input(x), groups, size, cols);
    const got = bench.read(out, groups * cols);
    for (let group = 0; group < groups; group++) {
      const part = x.subarray(group * size * cols, (group + 1) * size * cols);
      const own = got.subarray(group * cols, (group + 1) * cols);
      const [expected, scale] = [
        sums(part, size, cols, "rows"),
        sums(abs(part), size, cols, "rows"),
      ];
      assertCloseReduction(own, expected, scale, size, `group of [${size}, ${cols}]`);
    }
    bench.call("repeatRows", repeated, out, groups, cols, size);
    const copies = Array.from({ length: groups * size * cols }, (_, i) => {
      return got[Math.floor(i / (size * cols)) * cols + i % cols];
    });
    deepEqual([...bench.read(repeated, copies.length)], copies);
  }
});

Deno.test("squaredNorm() sums squares", () => {
  for (const count of [1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1001]) {
    const x = numbers(count), bench = new Workbench();
    const out = bench.output(1);
    const given = bench.input(x), sum = bench.output(1);
    bench.call("squaredNorm", out, given, count, 0);
    const expected = x.reduce((sum, value) => sum + value * value, 0);
    assertCloseReduction(bench.read(out, 1), expected, expected, count, `${count} elements`);
    bench.call("squaredNorm", sum, given, count, bench.input([0.5]));
    deepEqual(bench.read(sum, 1), Float32Array.of(0.5 + bench.read(out, 1)[0]));
  }
});

Deno.test("broadcast() repeats a row, a column or one value, and divides by the number of new rows for a mean", () => {
  for (const [rows, cols] of SIZES) {
    for (const [xRows, xCols] of [[1, cols], [rows, 1], [1, 1], [rows, cols]]) {
      for (const mean of [0, 1]) {
        const x = numbers(xRows * xCols), bench = new Workbench();
        const out = bench.output(rows * cols);
        bench.call("broadcast", out, rows, cols, bench.input(x), xRows, xCols, mean);
        const divisor = mean ? rows / xRows : 1;
        const expected = Float32Array.from({ length: rows * cols }, (_, i) => {
          const row = xRows === 1 ? 0 : Math.floor(i / cols), col = xCols === 1 ? 0 : i % cols;
          return x[row * xCols + col] / divisor; // one rounding, so exact
        });
        deepEqual(bench.read(out, rows * cols), expected);
      }
    }
  }
});

Deno.test("logSumExpCols() and softmaxCols() are stable sums of exponentials", () => {
  for (const [rows, cols] of SIZES) {
    const x = numbers(rows * cols).map((value) => 90 * value), bench = new Workbench();
    const out = bench.output(rows), weights = bench.output(rows * cols), xAt = bench.input(x);
    bench.call("logSumExpCols", out, xAt, rows, cols);
    bench.call("softmaxCols", weights, xAt, rows, cols);
    const expected = Array.from({ length: rows }, (_, row) => {
      return logSumExp(x.subarray(row * cols, (row + 1) * cols));
    });
    // m + ln s: the relative error of s is cols + 8 roundings (exp 2 ULP), which is the absolute error of ln s.
    const absolute = (cols + 8) * F32_UNIT_ROUNDOFF;
    assertRelative(bench.read(out, rows), expected, 4 * F32_UNIT_ROUNDOFF, absolute);
    const softmax = Array.from(x, (value, i) => Math.exp(value - expected[Math.floor(i / cols)]));
    // x - m is rounded once; for a difference of up to 180, that is 180 roundings in the exponential.
    const relative = (cols + 8 + 180) * F32_UNIT_ROUNDOFF;
    // Below 2^-126 the exponential is 0.
    assertRelative(bench.read(weights, x.length), softmax, relative, 2 ** -125);
  }
});

Deno.test("logSumExpCols() keeps infinities and NaN", () => {
  const rows: readonly (readonly [number[], number])[] = [
    [[-Infinity, -Infinity, -Infinity, -Infinity, -Infinity], -Infinity],
    [[-Infinity, 2, -Infinity, -Infinity, -Infinity], 2],
    [[0, 1, 2, 3, Infinity], Infinity],
    [[0, NaN, 2, 3, 4], NaN],
    [[0, 1, 2, 3, NaN], NaN],
  ];
  const bench = new Workbench();
  const out = bench.output(rows.length), x = bench.input(rows.flatMap(([row]) => row));
  bench.call("logSumExpCols", out, x, rows.length, 5);
  deepEqual([...bench.read(out, rows.length)], rows.map(([, expected]) => expected));
});

Deno.test("smallestCols() sorts the requested number, of few columns and of many", () => {
  for (const [rows, cols] of [...SIZES, [3, 1024] as const, [2, 2050] as const]) {
    // Steps of a twentieth of the range, so many are equal.
    const x = numbers(rows * cols).map((value) => Math.round(20 * value) / 20);
    x[0] = NaN;
    const order = Array.from({ length: rows }, (_, r) => {
      const row = x.subarray(r * cols, (r + 1) * cols);
      const rank = (c: number) => Number.isNaN(row[c]) ? Infinity : row[c];
      return Array.from(row.keys()).sort((a, b) =>
        rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : a - b
      );
    });
    for (const count of new Set([1, 10, 11, 16, 100, cols])) {
      if (count > Math.min(cols, 1024)) continue;
      const bench = new Workbench(), out = bench.output(rows * count);
      bench.call("smallestCols", out, bench.input(x), rows, cols, count);
      const want = order.flatMap((row) => row.slice(0, count));
      deepEqual([...bench.read(out, rows * count)], want, `${count} of [${rows}, ${cols}]`);
    }
  }
});
