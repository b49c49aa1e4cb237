/** The smallest of a product in one kernel, against exact products and against the two kernels that it stands for. */
import { deepEqual, equal } from "node:assert/strict";
import { OWN_OPS, RECORD_WORDS } from "../../src/backends/wasm/abi.ts";
import { encodePlan } from "../../src/backends/wasm/encode.ts";
import { batched } from "../../src/core/shape.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { plan } from "../../src/graph/plan.ts";
import { OP_NAMES } from "../../src/ops/names.ts";
import { numbers, Workbench } from "./debug_kernels.ts";

/** Rows around four, columns around eight and 64, few terms and many. */
const SIZES: readonly (readonly [rows: number, inner: number, cols: number])[] = [
  ...Array.from({ length: 9 }, (_, i) => [i + 1, 3, 20 + i] as const),
  ...[1, 7, 8, 9, 63, 64, 65, 200, 769, 1024].map((cols) => [6, 10, cols] as const),
  ...[1, 2, 31, 63].map((inner) => [9, inner, 1024] as const),
  [4, 256, 240],
];

const COUNTS: readonly number[] = [1, 3, 11, 12, 13, 64];

/** The columns of the smallest of each row: equal ones in their order, NaN last. */
function sorted(values: ArrayLike<number>, rows: number, cols: number, count: number): number[] {
  return Array.from({ length: rows }, (_, r) => {
    const rank = (c: number) => Number.isNaN(values[r * cols + c]) ? 1 : 0;
    const before = (a: number, b: number) =>
      rank(a) - rank(b) || (rank(a)
        ? 0
        : values[r * cols + a] < values[r * cols + b]
        ? -1
        : Number(values[r * cols + a] > values[r * cols + b])) ||
      a - b;
    return Array.from({ length: cols }, (_, c) => c).sort(before).slice(0, count);
  }).flat();
}

Deno.test("smallestDense() sorts products of whole numbers, of which many are equal", () => {
  for (const [rows, inner, cols] of SIZES) {
    const whole = (count: number, seed: number) =>
      numbers(count, seed).map((v) => Math.round(2 * v));
    const x = whole(rows * inner, 1), weight = whole(inner * cols, 2), bias = whole(cols, 3);
    // All of a row without a number, and two columns that are none.
    if (rows > 1) x[inner] = NaN;
    if (cols > 9) [bias[4], bias[9]] = [NaN, Infinity];
    const products = Float64Array.from({ length: rows * cols }, (_, i) => {
      const [r, c] = [Math.floor(i / cols), i % cols];
      let sum = bias[c];
      for (let k = 0; k < inner; k++) sum += x[r * inner + k] * weight[k * cols + c];
      return sum;
    });
    for (const count of COUNTS) {
      if (count > cols) continue;
      const bench = new Workbench(), out = bench.output(rows * count);
      const operands = [x, weight, bias].map((values) => bench.input(values));
      bench.call(
        "smallestDense",
        out,
        rows,
        count,
        operands[0],
        inner,
        operands[1],
        operands[2],
        cols,
      );
      const what = `${count} of [${rows}, ${inner}] · [${inner}, ${cols}]`;
      deepEqual([...bench.read(out, rows * count)], sorted(products, rows, cols, count), what);
    }
  }
});

Deno.test("smallestDense() finds what dense() and smallestCols() find", () => {
  for (const [rows, inner, cols] of SIZES) {
    const x = numbers(rows * inner, 4), weight = numbers(inner * cols, 5), bias = numbers(cols, 6);
    const count = Math.min(11, cols), bench = new Workbench();
    const out = bench.output(rows * count), apart = bench.output(rows * count);
    const product = bench.output(rows * cols);
    const [xAt, wAt, bAt] = [x, weight, bias].map((values) => bench.input(values));
    bench.call("smallestDense", out, rows, count, xAt, inner, wAt, bAt, cols);
    bench.call("dense", product, rows, cols, xAt, inner, wAt, bAt, 0, cols);
    bench.call("smallestCols", apart, product, rows, cols, count);
    deepEqual(
      bench.read(out, rows * count),
      bench.read(apart, rows * count),
      `${[rows, inner, cols]}`,
    );
  }
});

Deno.test("a product and the search in it are one record, unless the product is wanted or too large", () => {
  const namesOf = (options: { cols?: number; keep?: boolean; activation?: "tanh" }) => {
    const { cols = 1024, keep = false, activation = "identity" } = options;
    const g = createGraph(), x = g.input("x", batched(10));
    const product = g.dense(x, g.parameter("w", 10, cols), g.parameter("b", 1, cols), {
      activation,
    });
    const outputs = { places: g.smallestCols(product, { count: 11 }), ...(keep && { product }) };
    const parameters = layOut("parameters", [
      { name: "w", rows: 10, cols },
      { name: "b", rows: 1, cols },
    ]);
    const records = encodePlan(
      plan(g, { outputs, capacity: 64, parameters }),
      ({ offset }) => offset,
    );
    return Array.from({ length: records.length / RECORD_WORDS }, (_, i) => {
      return [...OP_NAMES, ...OWN_OPS][records[i * RECORD_WORDS]];
    });
  };
  deepEqual(namesOf({}), ["smallestDense"]);
  for (const apart of [{ keep: true }, { activation: "tanh" as const }, { cols: 2049 }]) {
    deepEqual(namesOf(apart), ["dense", "smallestCols"]);
  }
  equal(namesOf({ cols: 2048 }).length, 1);
});
