/**
 * Packed weights. As float32 they do not change any bit of a result. As bf16, each weight satisfies |ŵ - w| ≤ 2^-8 |w|
 * + 2^-99, decoded here from the layout of the packed words; and the product is that of the decoded weights in float64,
 * within the tolerance of any float32 sum. Packed memory follows every change of the segment, whoever makes it.
 */
import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import type { Backend, WeightFormat } from "../../src/backends/backend.ts";
import type { WasmProgram } from "../../src/backends/wasm/backend.ts";
import { openWasm as open } from "../../src/backends/wasm/backend.ts";
import { WEIGHT_FORMATS } from "../../src/backends/wasm/abi.ts";
import { SCORE_KERNELS } from "../../src/backends/wasm/kernels/score.ts";
import type { WasmSegment } from "../../src/backends/wasm/segment.ts";
import { batched } from "../../src/core/shape.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { plan } from "../../src/graph/plan.ts";
import { ACTIVATIONS } from "../../src/ops/names.ts";
import { assertCloseReduction } from "../util/close.ts";
import { openWasm } from "../util/wasm.ts";
import { numbers, Workbench } from "./debug_kernels.ts";

const BF16 = WEIGHT_FORMATS.indexOf("bf16"), F32 = WEIGHT_FORMATS.indexOf("f32");

/** Widths of the panels for that many columns. */
function panels(cols: number): number[] {
  const widths: number[] = [];
  for (let left = cols; left > 0; left -= widths.at(-1)!) {
    widths.push([32, 16, 8, 4].find((width) => left >= width) ?? left);
  }
  return widths;
}

/** Elements of packed weights, and the weights that they encode, row-major. */
function decode(words: Float32Array, inner: number, cols: number): [number, Float32Array] {
  const bits = new Uint32Array(words.buffer), weights = new Float32Array(inner * cols);
  const out = new Uint32Array(weights.buffer);
  let at = 0, first = 0;
  for (const width of panels(cols)) {
    for (let k = 0; k < inner; k++) {
      for (let c = 0; c < width;) {
        const to = k * cols + first + c;
        if (width < 8) {
          out[to] = bits[at++];
          c++;
          continue;
        }
        // Column c is the lower half; column c + 4 is the word itself.
        for (let lane = 0; lane < 4; lane++, at++) {
          out[to + lane] = bits[at] << 16;
          out[to + lane + 4] = bits[at];
        }
        c += 8;
      }
    }
    first += width;
  }
  return [at, weights];
}

/** Number of elements in bf16. */
const packedLength = (inner: number, cols: number) => inner * (cols - (cols - cols % 8) / 2);

function packed(weights: Float32Array, inner: number, cols: number): Float32Array {
  const bench = new Workbench(), length = packedLength(inner, cols);
  const to = bench.output(length);
  bench.call("packWeights", to, bench.input(weights), inner, cols, BF16);
  return bench.read(to, length);
}

const COLUMNS = [...Array.from({ length: 70 }, (_, i) => i + 1), 128, 256, 257, 300];

Deno.test("bf16 panels hold every weight, in as much memory as the host reserves", () => {
  for (const cols of COLUMNS) {
    const inner = 3, weights = numbers(inner * cols, cols);
    const [length, decoded] = decode(packed(weights, inner, cols), inner, cols);
    equal(length, packedLength(inner, cols));
    decoded.forEach((got, i) => ok(Math.abs(got - weights[i]) <= 2 ** -8 * Math.abs(weights[i])));
  }
});

Deno.test("a bf16 weight has an error of at most 2^-8, whatever its value and whatever shares its word", () => {
  const magnitudes = [
    0,
    2 ** -149,
    2 ** -126,
    2 ** -101,
    2 ** -100,
    2 ** -99,
    3.4028234663852886e38,
  ];
  for (let e = -90; e <= 120; e += 7) {
    // Around a power of two, halfway between neighbours, and in between.
    for (
      const part of [
        1,
        1 + 2 ** -23,
        1 + 2 ** -8,
        1 + 3 * 2 ** -8,
        1.337,
        2 - 2 ** -8,
        2 - 2 ** -23,
      ]
    ) {
      magnitudes.push(part * 2 ** e);
    }
  }
  const values = magnitudes.flatMap((value) => [value, -value]);
  // Each value above each of some neighbours, in both halves of a word.
  for (let shift = 1; shift < values.length; shift += 13) {
    const weights = new Float32Array(8 * values.length);
    values.forEach((value, i) => {
      for (let lane = 0; lane < 4; lane++) {
        weights[8 * i + lane] = value;
        weights[8 * i + lane + 4] = values[(i + shift + lane) % values.length];
      }
    });
    const [, decoded] = decode(packed(weights, values.length, 8), values.length, 8);
    decoded.forEach((got, i) => {
      const bound = 2 ** -8 * Math.abs(weights[i]) + 2 ** -99;
      ok(Math.abs(got - weights[i]) <= bound, `${weights[i]} became ${got}`);
      // No subnormal numbers, which would slow products down.
      ok(got === 0 || Math.abs(got) >= 2 ** -101, `${weights[i]} became ${got}`);
    });
  }
});

Deno.test("packedDense() of bf16 is the product of the decoded weights", () => {
  for (
    const [rows, inner, cols] of [[1, 5, 3], [1, 300, 39], [2, 9, 37], [3, 1601, 72], [1, 1, 300]]
  ) {
    const x = numbers(rows * inner, 1), weights = numbers(inner * cols, 2), bias = numbers(cols, 3);
    const words = packed(weights, inner, cols), [, decoded] = decode(words, inner, cols);
    const values = new Float64Array(rows * cols), sizes = new Float64Array(rows * cols);
    values.forEach((_, i) => {
      const row = Math.floor(i / cols), col = i % cols;
      const terms = Array.from(
        { length: inner },
        (_, k) => x[row * inner + k] * decoded[k * cols + col],
      );
      values[i] = terms.reduce((sum, term) => sum + term, bias[col]);
      sizes[i] = terms.reduce((sum, term) => sum + Math.abs(term), Math.abs(bias[col]));
    });
    const bench = new Workbench(), out = bench.output(rows * cols);
    const operands = [bench.input(x), inner, bench.input(words), bench.input(bias)];
    bench.call("packedDense", out, rows, cols, ...operands, 0, BF16);
    const what = `[${rows}, ${inner}] · [${inner}, ${cols}]`;
    assertCloseReduction(bench.read(out, rows * cols), values, sizes, inner + 1, what);
  }
});

Deno.test("packedDense() of f32 has the bits of dense(), for every activation", () => {
  for (const cols of COLUMNS) {
    const kind = cols % ACTIVATIONS.length;
    for (const [rows, inner] of [[1, 7], [3, 4], [1, 801], [2, 1601]]) {
      const bench = new Workbench(), size = inner * cols;
      const x = bench.input(numbers(rows * inner, 1)), weights = bench.input(numbers(size, 2));
      const bias = bench.input(numbers(cols, 3)), to = bench.output(size);
      const [whole, out] = [bench.output(rows * cols), bench.output(rows * cols)];
      bench.call("dense", whole, rows, cols, x, inner, weights, bias, kind, cols);
      bench.call("packWeights", to, weights, inner, cols, F32);
      bench.call("packedDense", out, rows, cols, x, inner, to, bias, kind, F32);
      deepEqual(bench.read(out, rows * cols), bench.read(whole, rows * cols), `${cols} columns`);
    }
  }
});

const TENSORS = [
  { name: "weight", rows: 20, cols: 20 },
  { name: "head", rows: 20, cols: 9 },
  { name: "bias", rows: 1, cols: 20 },
];
const LAYOUT = layOut("parameters", TENSORS);
const BACKENDS: Readonly<Record<string, () => Backend<WasmProgram>>> = {
  simd: () => openWasm({ build: "simd" }),
  relaxed: () => openWasm({ build: "relaxed" }),
  "score simd": () => open(SCORE_KERNELS, { build: "simd" }),
  "score relaxed": () => open(SCORE_KERNELS, { build: "relaxed" }),
};

/** Three layers, two of which share a weight. */
function network() {
  const g = createGraph();
  const [weight, head, bias] = TENSORS.map(({ name, rows, cols }) => g.parameter(name, rows, cols));
  const tanh = { activation: "tanh" } as const;
  const hidden = g.dense(
    g.dense(g.input("x", batched(20)), weight, bias, tanh),
    weight,
    bias,
    tanh,
  );
  const y = g.dense(hidden, head, g.sliceCols(bias, { start: 0, count: 9 }), tanh);
  return plan(g, { outputs: { y }, capacity: 2, parameters: LAYOUT });
}

/** p ← p - rate · p, by an optimiser step in its own program. */
function shrinking(backend: Backend<WasmProgram>) {
  const g = createGraph(), { name, rows, cols } = TENSORS[0];
  const weight = g.parameter(name, rows, cols), velocity = g.state("velocity", rows, cols);
  const schedule = g.input("schedule", { rows: 1, cols: 3, batched: false });
  const gradient = g.affine(weight, { scale: 1, offset: 0 });
  const step = g.sgdStep(weight, gradient, velocity, g.constant(1), schedule, { momentum: 0 });
  const state = layOut("state", [{ name: "velocity", rows, cols }]);
  const effects = [step];
  const request = { outputs: {}, effects, capacity: 1, parameters: LAYOUT, state };
  return { plan: plan(g, request), state: backend.allocate(state.length) };
}

function outputOf(program: WasmProgram): Float32Array {
  const x = numbers(40, 9), y = new Float32Array(18);
  program.write("x", x);
  program.run(2);
  program.read("y", y);
  return y;
}

for (const [label, openBackend] of Object.entries(BACKENDS)) {
  Deno.test(`${label}: a program with packed weights gives the results of the plain one`, () => {
    const backend = openBackend(), parameters = backend.allocate(LAYOUT.length);
    parameters.write(0, numbers(LAYOUT.length, 4));
    const compile = (weights?: WeightFormat) => backend.compile(network(), { parameters }, weights);
    const plain = outputOf(compile());
    const packed = compile("f32");
    // The first run has not packed them yet; the third has.
    for (let run = 0; run < 3; run++) deepEqual(outputOf(packed), plain);
    const rounded = outputOf(compile("bf16"));
    notDeepEqual(rounded, plain);
    // Sums of 20 products of at most 1 each, three times: 20 · 2^-8 per layer, and slopes of at most 1.
    rounded.forEach((got, i) => ok(Math.abs(got - plain[i]) <= 3 * 20 * 2 ** -8));
    backend.dispose();
  });

  Deno.test(`${label}: packed weights follow writes to the segment`, () => {
    const backend = openBackend(), parameters = backend.allocate(LAYOUT.length);
    const plain = backend.compile(network(), { parameters });
    const packed = backend.compile(network(), { parameters }, "f32");
    for (const seed of [1, 2, 3]) {
      parameters.write(0, numbers(LAYOUT.length, seed));
      deepEqual(outputOf(packed), outputOf(plain));
    }
    const { offset } = LAYOUT.places.get("head")!;
    parameters.write(offset + 3, [7]);
    deepEqual(outputOf(packed), outputOf(plain));
    backend.dispose();
  });
}

Deno.test("weights are packed for the second run, or for the first as bf16", () => {
  const backend = openWasm(), parameters = backend.allocate(LAYOUT.length) as WasmSegment;
  const { memory } = parameters.memory.host, first = parameters.memory.index("look");
  // A change without a write is visible only to a program that reads unpacked weights.
  const change = (seed: number) => {
    for (const name of ["weight", "head"]) {
      const { offset, shape: { rows, cols } } = LAYOUT.places.get(name)!;
      memory.f32.set(numbers(rows * cols, seed), first + offset);
    }
  };
  for (const [format, compareFirst] of [["f32", notDeepEqual], ["bf16", deepEqual]] as const) {
    parameters.write(0, numbers(LAYOUT.length, 1));
    const program = backend.compile(network(), { parameters }, format);
    const before = outputOf(program);
    change(2);
    const after = outputOf(program);
    compareFirst(after, before, format);
    change(3);
    deepEqual(outputOf(program), after, format);
  }
  backend.dispose();
});

Deno.test("packed weights follow an optimiser step", () => {
  const backend = openWasm(), parameters = backend.allocate(LAYOUT.length);
  parameters.write(0, numbers(LAYOUT.length, 5));
  const plain = backend.compile(network(), { parameters });
  const packed = backend.compile(network(), { parameters }, "f32");
  const before = outputOf(packed), { plan, state } = shrinking(backend);
  const step = backend.compile(plan, { parameters, state });
  step.write("schedule", [0.5, 1, 1]);
  step.run(1);
  const after = outputOf(plain);
  notDeepEqual(after, before);
  deepEqual(outputOf(packed), after);
  backend.dispose();
});

Deno.test("a disposed program frees its packed weights", () => {
  const backend = openWasm(), parameters = backend.allocate(LAYOUT.length);
  const cycle = () => {
    const programs = (["bf16", "f32"] as const)
      .map((format) => backend.compile(network(), { parameters }, format));
    for (const program of programs) outputOf(program);
    outputOf(programs[1]);
    const { byteLength } = programs[0].scratch().buffer;
    for (const program of programs) program.dispose();
    return byteLength;
  };
  const bytes = cycle();
  for (let i = 0; i < 500; i++) equal(cycle(), bytes);
  backend.dispose();
});

Deno.test("live() is the memory of write() and read(), also after the memory has grown", () => {
  const backend = openWasm(), parameters = backend.allocate(LAYOUT.length);
  parameters.write(0, numbers(LAYOUT.length, 6));
  const program = backend.compile(network(), { parameters }, "f32");
  const want = outputOf(program), x = program.live("x"), y = program.live("y");
  deepEqual([...x.elements], [...numbers(40, 9)]);
  deepEqual([...y.elements], [...want]);
  backend.allocate(2 ** 20);
  x.elements.set(numbers(40, 9));
  program.run(2);
  deepEqual([...y.elements], [...want]);
  ok(x.elements === x.elements, "looking again makes no new view");
  backend.dispose();
});
