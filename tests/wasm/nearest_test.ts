/**
 * The kernel that finds the smallest elements of a product, against exact products and against the two kernels that it
 * replaces.
 */
import { deepEqual, equal } from "node:assert/strict";
import { RECORD_WORDS, WASM_OPS } from "../../src/backends/wasm/abi.ts";
import { encodePlan } from "../../src/backends/wasm/encode.ts";
import { sortedLength } from "../../src/backends/wasm/rewrites/searches.ts";
import { batched } from "../../src/core/shape.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { plan } from "../../src/graph/plan.ts";
import { OP_NAMES } from "../../src/ops/names.ts";
import { numbers, Workbench } from "./debug_kernels.ts";

/** Around four rows, around eight and 64 columns, few terms and many. */
const SIZES: readonly (readonly [rows: number, inner: number, cols: number])[] = [
  ...Array.from({ length: 9 }, (_, i) => [i + 1, 3, 20 + i] as const),
  ...[1, 7, 8, 9, 63, 64, 65, 200, 769, 1024].map((cols) => [6, 10, cols] as const),
  ...[1, 2, 31, 63].map((inner) => [9, inner, 1024] as const),
  [4, 256, 240],
];

const COUNTS: readonly number[] = [1, 3, 10, 11];

/** The columns of the smallest elements of each row: equal ones in order, NaN last. */
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

interface Operands {
  readonly x: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** By the kernel, with its columns sorted. */
function searched({ x, weight, bias }: Operands, rows: number, cols: number, count: number) {
  const bench = new Workbench(), inner = x.length / rows;
  const [xAt, wAt, bAt] = [x, weight, bias].map((values) => bench.input(values));
  const out = bench.output(rows * count);
  const sortedAt = bench.output(sortedLength(inner, cols));
  bench.call("sortColumns", sortedAt, wAt, bAt, inner, cols);
  bench.call("smallestDense", out, rows, count, xAt, inner, wAt, bAt, cols, sortedAt);
  return bench.read(out, rows * count);
}

/** By the two kernels. */
function apart({ x, weight, bias }: Operands, rows: number, cols: number, count: number) {
  const bench = new Workbench(), inner = x.length / rows;
  const [xAt, wAt, bAt] = [x, weight, bias].map((values) => bench.input(values));
  const out = bench.output(rows * count), product = bench.output(rows * cols);
  bench.call("dense", product, rows, cols, xAt, inner, wAt, bAt, 0, cols);
  bench.call("smallestCols", out, product, rows, cols, count);
  return bench.read(out, rows * count);
}

Deno.test("smallestDense() sorts products of integers, many of which are equal", () => {
  for (const [rows, inner, cols] of SIZES) {
    const whole = (count: number, seed: number) =>
      numbers(count, seed).map((v) => Math.round(2 * v));
    const x = whole(rows * inner, 1), weight = whole(inner * cols, 2), bias = whole(cols, 3);
    // A row of NaN alone, and two columns of NaN.
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
      const what = `${count} of [${rows}, ${inner}] · [${inner}, ${cols}]`;
      const found = searched({ x, weight, bias }, rows, cols, count);
      deepEqual([...found], sorted(products, rows, cols, count), what);
    }
  }
});

Deno.test("smallestDense() finds what dense() and smallestCols() find", () => {
  for (const [rows, inner, cols] of SIZES) {
    const x = numbers(rows * inner, 4), weight = numbers(inner * cols, 5), bias = numbers(cols, 6);
    const count = Math.min(11, cols), operands = { x, weight, bias };
    deepEqual(
      searched(operands, rows, cols, count),
      apart(operands, rows, cols, count),
      `${[rows, inner, cols]}`,
    );
  }
});

Deno.test("smallestDense() misses no near reference, however rows and references are distributed", () => {
  const cols = 1024, count = 11, rows = 150;
  const spreads: readonly ((k: number) => number)[] = [
    () => 1, // the same in all directions
    (k) => 2 ** -k, // a few directions dominate
    (k) => k === 3 ? 1e4 : 1, // a single direction
    (k) => k < 2 ? 0 : 1e-20, // squares are almost 0
    () => 1e16, // and almost infinite
  ];
  for (const [i, spread] of spreads.entries()) {
    for (const inner of [1, 4, 10, 40]) {
      for (const far of [0.1, 1, 50]) {
        const references = numbers(inner * cols, 3 * i + 1).map((v, at) => v * spread(at % inner));
        // Equal references, and equal coordinates.
        references.copyWithin(5 * inner, 0, 3 * inner);
        const weight = new Float32Array(inner * cols), bias = new Float32Array(cols);
        for (let j = 0; j < cols; j++) {
          for (let k = 0; k < inner; k++) {
            const value = references[j * inner + k];
            weight[k * cols + j] = -2 * value;
            bias[j] += value * value;
          }
        }
        const x = numbers(rows * inner, 3 * i + 2).map((v, at) => far * v * spread(at % inner));
        x.set(references.subarray(0, 20 * inner));
        const operands = { x, weight, bias }, what = `spread ${i}, ${inner} terms, ${far}`;
        const found = searched(operands, rows, cols, count);
        deepEqual(found, apart(operands, rows, cols, count), what);
      }
    }
  }
});

Deno.test("a product and the search in it become one record, unless the product is needed or too large", () => {
  const namesOf = (
    options: { cols?: number; keep?: boolean; activation?: "tanh"; shared?: boolean },
  ) => {
    const { cols = 1024, keep = false, activation = "identity", shared = false } = options;
    const g = createGraph(), x = g.input("x", batched(10));
    const product = g.dense(x, g.parameter("w", 10, cols), g.parameter("b", 1, cols), {
      activation,
    });
    const outputs = {
      places: g.smallestCols(product, { count: 11 }),
      ...(keep && { product }),
      ...(shared &&
        {
          other: g.matmul(x, g.parameter("w", 10, cols), { transposeA: false, transposeB: false }),
        }),
    };
    const parameters = layOut("parameters", [
      { name: "w", rows: 10, cols },
      { name: "b", rows: 1, cols },
    ]);
    const records = encodePlan(
      plan(g, { outputs, capacity: 64, parameters }),
      ({ offset }) => offset,
      { format: "tiles", isInUse: true, addressOf: ({ offset }) => offset },
    );
    return Array.from({ length: records.length / RECORD_WORDS }, (_, i) => {
      return [...OP_NAMES, ...WASM_OPS][records[i * RECORD_WORDS]];
    });
  };
  deepEqual(namesOf({}), ["smallestDense"]);
  for (const apart of [{ keep: true }, { activation: "tanh" as const }, { cols: 2049 }]) {
    deepEqual(namesOf(apart), ["dense", "smallestCols"]);
  }
  deepEqual(namesOf({ shared: true }).slice(0, 2), ["dense", "smallestCols"]);
  equal(namesOf({ cols: 2048 }).length, 1);
});
