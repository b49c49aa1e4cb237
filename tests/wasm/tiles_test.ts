/**
 * Weights in panels change no bit: of kernels with every number of columns, and of programs on one thread or more, cut
 * by rows and by columns. Oracle: the same products without panels. Panels follow every change of the segment.
 */
import { deepEqual, notDeepEqual } from "node:assert/strict";
import type { Backend } from "../../src/backends/backend.ts";
import { openWasm as open, type WasmProgram } from "../../src/backends/wasm/backend.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { batched } from "../../src/core/shape.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { type Plan, plan } from "../../src/graph/plan.ts";
import { ACTIVATIONS } from "../../src/ops/names.ts";
import { bytesOf, openCrew } from "../util/threads.ts";
import { numbers, Workbench } from "./debug_kernels.ts";

const COLUMNS = [...Array.from({ length: 70 }, (_, i) => i + 1), 128, 256, 257, 300];
/** One block of a sum, two, and three of unequal length. */
const INNER = [1, 7, 800, 801, 1601];

Deno.test("dense() and matmul() with panels have the bits of those without", () => {
  for (const cols of COLUMNS) {
    const kind = cols % ACTIVATIONS.length, inner = INNER[cols % INNER.length];
    for (const rows of [1, 8, 9, 13, 14, 70]) {
      const bench = new Workbench(), size = rows * cols;
      const x = bench.input(numbers(rows * inner, 1));
      const weights = bench.input(numbers(inner * cols, 2)), bias = bench.input(numbers(cols, 3));
      const panels = bench.output(inner * 8 * Math.ceil(cols / 8));
      const [want, got] = [bench.output(size), bench.output(size)];
      bench.call("packTiles", panels, weights, inner, cols);
      for (const tiles of [0, panels]) {
        const out = tiles ? got : want;
        bench.call("dense", out, rows, cols, x, inner, weights, bias, kind, cols, tiles);
      }
      const what = `${rows} rows, ${inner} terms, ${cols} columns`;
      deepEqual(bytesOf(bench.read(got, size)), bytesOf(bench.read(want, size)), what);
      // A transposed first operand is read in another order, but the panels are not.
      for (const tiles of [0, panels]) {
        const out = tiles ? got : want;
        const [aCols, transposed] = rows % 2 ? [rows, 1] : [inner, 0];
        const matrices = [x, aCols, transposed, weights, cols, 0];
        bench.call("matmul", out, rows, cols, inner, ...matrices, cols, tiles);
      }
      deepEqual(bytesOf(bench.read(got, size)), bytesOf(bench.read(want, size)), what);
    }
  }
});

const TENSORS = [
  { name: "weight", rows: 30, cols: 75 },
  { name: "head", rows: 75, cols: 9 },
  { name: "bias", rows: 1, cols: 75 },
];
const LAYOUT = layOut("parameters", TENSORS);

/** A layer and a product. With a capacity of seven rows, panels are not used, so that is the oracle. */
function network(capacity: number): Plan {
  const g = createGraph();
  const [weight, head, bias] = TENSORS.map(({ name, rows, cols }) => g.parameter(name, rows, cols));
  const hidden = g.dense(g.input("x", batched(30)), weight, bias, { activation: "tanh" });
  const y = g.matmul(hidden, head, { transposeA: false, transposeB: false });
  return plan(g, { outputs: { hidden, y }, capacity, parameters: LAYOUT });
}

function outputsOf(program: WasmProgram, rows: number): Uint8Array[] {
  program.write("x", numbers(30 * rows, 9));
  program.run(rows);
  return [75, 9].map((cols, i) => {
    const values = new Float32Array(cols * rows);
    program.read(["hidden", "y"][i], values);
    return bytesOf(values);
  });
}

/** The same, one row at a time. */
function oneByOne(backend: Backend<WasmProgram>, segment: ReturnType<typeof backend.allocate>) {
  const program = backend.compile(network(7), { parameters: segment });
  return (rows: number) => {
    const x = numbers(30 * rows, 9), out = [75, 9].map((cols) => new Float32Array(cols * rows));
    for (let row = 0; row < rows; row++) {
      program.write("x", x.subarray(30 * row, 30 * row + 30));
      program.run(1);
      program.read("hidden", out[0].subarray(75 * row, 75 * row + 75));
      program.read("y", out[1].subarray(9 * row, 9 * row + 9));
    }
    return out.map(bytesOf);
  };
}

for (const build of ["simd", "relaxed"] as const) {
  for (const threads of [1, 2, 3]) {
    Deno.test(`${build}: a program with panels has the bits of single rows, ${threads} threads`, async () => {
      const backend = threads === 1
        ? open(FULL_KERNELS, { build })
        : await openCrew({ build, threads });
      const segment = backend.allocate(LAYOUT.length);
      segment.write(0, numbers(LAYOUT.length, 4));
      const single = oneByOne(backend, segment);
      const whole = backend.compile(network(200), { parameters: segment });
      const chunks = backend.compile(network(16), { parameters: segment }, undefined, 13);
      // Few rows are cut by columns, many by rows.
      for (const rows of [1, 7, 8, 40, 200]) {
        deepEqual(outputsOf(whole, rows), single(rows), `${rows} rows`);
        deepEqual(outputsOf(chunks, rows), single(rows), `${rows} rows in chunks`);
      }
      const before = outputsOf(whole, 40);
      segment.write(5, [3]);
      notDeepEqual(outputsOf(whole, 40), before, "The segment was written");
      deepEqual(outputsOf(whole, 40), single(40));
      deepEqual(outputsOf(chunks, 40), single(40));
      whole.dispose();
      deepEqual(outputsOf(chunks, 200), single(200), "Others have panels of their own");
      backend.dispose();
    });
  }
}
