/**
 * dense and matmul against float64 loops: every size from 1 to 17 with every transpose, and sizes around the limits of
 * panels and blocks. Tolerance: that of any float32 sum of k products (close.ts).
 */
import { deepEqual } from "node:assert/strict";
import { ACTIVATIONS } from "../../src/ops/names.ts";
import { ACTIVATE } from "../util/activations.ts";
import { assertCloseReduction } from "../util/close.ts";
import { numbers, Workbench } from "./debug_kernels.ts";

interface Sizes {
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
}

/** Products and sums of their absolute values, in float64. */
function expectedProduct(
  { rows, inner, cols }: Sizes,
  a: (row: number, k: number) => number,
  b: (k: number, col: number) => number,
): { values: Float64Array; sizes: Float64Array } {
  const values = new Float64Array(rows * cols), sizes = new Float64Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      for (let k = 0; k < inner; k++) {
        const term = a(row, k) * b(k, col);
        values[row * cols + col] += term;
        sizes[row * cols + col] += Math.abs(term);
      }
    }
  }
  return { values, sizes };
}

function checkMatmul(sizes: Sizes, transposeA: number, transposeB: number): void {
  const { rows, inner, cols } = sizes;
  const bench = new Workbench();
  const a = numbers(rows * inner, 1), b = numbers(inner * cols, 2);
  const out = bench.output(rows * cols), aAt = bench.input(a), bAt = bench.input(b);
  const aCols = transposeA ? rows : inner, bCols = transposeB ? inner : cols;
  const operands = [aAt, aCols, transposeA, bAt, bCols, transposeB];
  bench.call("matmul", out, rows, cols, inner, ...operands, cols);
  const expected = expectedProduct(
    sizes,
    (row, k) => transposeA ? a[k * rows + row] : a[row * inner + k],
    (k, col) => transposeB ? b[col * inner + k] : b[k * cols + col],
  );
  const what = `[${rows}, ${inner}] · [${inner}, ${cols}], flags ${transposeA}${transposeB}`;
  assertCloseReduction(
    bench.read(out, rows * cols),
    expected.values,
    expected.sizes,
    inner,
    what,
  );
}

const TRANSPOSES = [[0, 0], [0, 1], [1, 0], [1, 1]] as const;
const SMALL = Array.from({ length: 17 }, (_, i) => i + 1);

for (const [transposeA, transposeB] of TRANSPOSES) {
  const flags = `transposeA ${transposeA}, transposeB ${transposeB}`;

  Deno.test(`matmul() equals float64 loops for all sizes 1 to 17, ${flags}`, () => {
    for (const rows of SMALL) {
      for (const inner of SMALL) {
        for (const cols of SMALL) checkMatmul({ rows, inner, cols }, transposeA, transposeB);
      }
    }
  });

  Deno.test(`matmul() equals float64 loops around the limits of its blocks, ${flags}`, () => {
    // Blocks: 800 deep, as many columns as make 102,400 elements, as many rows as make 51,200; stripes of 32 columns if
    // there are few rows.
    for (
      const [rows, inner, cols] of [
        [65, 801, 9],
        [3, 700, 71],
        [1, 1601, 300],
        [130, 33, 265],
        [8, 800, 136],
        [66, 1599, 31],
        [71, 800, 8],
        [204, 250, 9],
        [205, 250, 9],
        [331, 511, 3],
      ]
    ) checkMatmul({ rows, inner, cols }, transposeA, transposeB);
  });
}

Deno.test("dense() equals f(x · W + b) in float64 for every activation", () => {
  for (
    const [rows, inner, cols] of [[1, 5, 3], [2, 300, 39], [7, 9, 37], [9, 260, 20], [70, 8, 270]]
  ) {
    const x = numbers(rows * inner, 3), w = numbers(inner * cols, 4), b = numbers(cols, 5);
    const { values, sizes } = expectedProduct(
      { rows, inner: inner + 1, cols },
      (row, k) => k < inner ? x[row * inner + k] : 1,
      (k, col) => k < inner ? w[k * cols + col] : b[col],
    );
    ACTIVATIONS.forEach((activation, kind) => {
      const bench = new Workbench();
      const out = bench.output(rows * cols);
      const operands = [bench.input(x), inner, bench.input(w), bench.input(b)];
      bench.call("dense", out, rows, cols, ...operands, kind, cols);
      // |f'| <= 1, so the error of the sum is not amplified; f itself adds at most 8 roundings.
      const scale = sizes.map((size, i) => {
        const own = 8 * Math.abs(ACTIVATE[activation](values[i]));
        return size + own / (inner + 1);
      });
      const expected = values.map(ACTIVATE[activation]);
      const what = `dense ${activation} [${rows}, ${inner}] · [${inner}, ${cols}]`;
      assertCloseReduction(bench.read(out, rows * cols), expected, scale, inner + 1, what);
    });
  }
});

Deno.test("a row of dense() has the same bits alone, among few rows and among many", () => {
  const inner = 300, cols = 45, rows = 70;
  const x = numbers(rows * inner, 6), w = numbers(inner * cols, 7), b = numbers(cols, 8);
  const run = (count: number) => {
    const bench = new Workbench();
    const out = bench.output(count * cols), xAt = bench.input(x.subarray(0, count * inner));
    const operands = [xAt, inner, bench.input(w), bench.input(b)];
    bench.call("dense", out, count, cols, ...operands, 2, cols);
    return bench.read(out, cols);
  };
  const alone = run(1);
  for (const count of [2, 7, 8, 64, rows]) deepEqual(run(count), alone, `${count} rows`);
});

Deno.test("matmul() sums integers exactly, so no term is lost or counted twice", () => {
  const [rows, inner, cols] = [12, 600, 20];
  const a = numbers(rows * inner, 9).map((x) => Math.round(8 * x));
  const b = numbers(inner * cols, 10).map((x) => Math.round(8 * x));
  const bench = new Workbench();
  const out = bench.output(rows * cols), aAt = bench.input(a), bAt = bench.input(b);
  bench.call("matmul", out, rows, cols, inner, aAt, inner, 0, bAt, cols, 0, cols);
  const { values } = expectedProduct(
    { rows, inner, cols },
    (row, k) => a[row * inner + k],
    (k, col) => b[k * cols + col],
  );
  // Sums of integers below 2^24 are exact in float32, in any order.
  deepEqual(bench.read(out, rows * cols), Float32Array.from(values));
});
