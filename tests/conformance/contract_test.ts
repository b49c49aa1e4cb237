/** What every backend promises besides arithmetic: names, lengths, rows and shared segments. */
import assert from "node:assert/strict";
import type { Backend, SyncProgram } from "../../src/backends/backend.ts";
import { openReference } from "../util/reference.ts";
import { openWasm } from "../util/wasm.ts";
import { batched, fixed } from "../../src/core/shape.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { plan } from "../../src/graph/plan.ts";

const BACKENDS: Readonly<Record<string, () => Backend<SyncProgram>>> = {
  reference: openReference,
  "wasm simd": () => openWasm({ build: "simd" }),
  "wasm relaxed": () => openWasm({ build: "relaxed" }),
};

const CAPACITY = 4;
const parameters = layOut("parameters", [{ name: "w", rows: 1, cols: 2 }]);
const state = layOut("state", [{ name: "s", rows: 1, cols: 2 }]);

/** y = x + w + 0 · (key and state), for batches of up to four rows. */
function example() {
  const g = createGraph();
  const x = g.input("x", batched(2)), key = g.input("key", fixed(1, 4), { integer: true });
  const y = g.add(g.add(x, g.parameter("w", 1, 2)), g.state("s", 1, 2));
  const noise = g.randomNormal(key, { ...batched(1), stream: 0 });
  return plan(g, { outputs: { y, noise }, capacity: CAPACITY, parameters, state });
}

function open(backend: Backend<SyncProgram>) {
  const segments = {
    parameters: backend.allocate(parameters.length),
    state: backend.allocate(state.length),
  };
  return { segments, program: backend.compile(example(), segments) };
}

for (const [label, openBackend] of Object.entries(BACKENDS)) {
  Deno.test(`${label}: one plan works for every batch up to its capacity`, () => {
    const { program, segments } = open(openBackend());
    segments.parameters.write(0, [10, 20]);
    for (const rows of [CAPACITY, 1, 3]) {
      const x = Array.from({ length: 2 * rows }, (_, i) => i);
      program.write("x", x);
      program.run(rows);
      const y = new Float32Array(2 * rows);
      program.read("y", y);
      assert.deepEqual([...y], x.map((value, i) => value + (i % 2 === 0 ? 10 : 20)));
    }
  });

  Deno.test(`${label}: programs share the segments of their model`, () => {
    const backend = openBackend();
    const { segments, program } = open(backend);
    const other = backend.compile(example(), segments);
    segments.parameters.write(1, [5]);
    segments.state.write(0, [1]);
    const read = new Float64Array(2);
    segments.parameters.read(0, read);
    assert.deepEqual([...read], [0, 5]);
    for (const each of [program, other]) {
      each.write("x", [1, 2]);
      each.run(1);
      each.read("y", read);
      assert.deepEqual([...read], [2, 7]);
    }
  });

  Deno.test(`${label}: live() is the memory of write() and read()`, () => {
    const { program, segments } = open(openBackend());
    segments.parameters.write(0, [10, 20]);
    const x = program.live("x"), y = program.live("y");
    assert.equal(x.elements.length, 2 * CAPACITY);
    x.elements.set([1, 2, 3, 4]);
    program.run(2);
    assert.deepEqual([...y.elements.subarray(0, 4)], [11, 22, 13, 24]);
    const read = new Float64Array(4);
    program.read("y", read);
    assert.deepEqual([...read], [11, 22, 13, 24]);
    program.write("x", [5]);
    assert.equal(x.elements[0], 5);
    assert.throws(() => program.live("z"), RangeError);
  });

  Deno.test(`${label}: wrong names, lengths and rows are refused`, () => {
    const { program, segments } = open(openBackend());
    const room = (length: number) => new Float64Array(length);
    assert.throws(() => program.write("z", [1]), RangeError);
    assert.throws(() => program.write("y", [1]), RangeError);
    assert.throws(() => program.read("x", room(1)), RangeError);
    assert.throws(() => program.write("x", room(2 * CAPACITY + 1)), RangeError);
    assert.throws(() => program.read("y", room(2 * CAPACITY + 1)), RangeError);
    for (const rows of [0, -1, 1.5, NaN, CAPACITY + 1]) {
      assert.throws(() => program.run(rows), RangeError);
    }
    for (const word of [-1, 0.5, 2 ** 32, NaN]) {
      assert.throws(() => program.write("key", [word]), RangeError);
    }
    const { length } = segments.parameters;
    assert.throws(() => segments.parameters.write(length - 1, [1, 2]), RangeError);
    assert.throws(() => segments.parameters.write(-1, [1]), RangeError);
    assert.throws(() => segments.parameters.read(length, room(1)), RangeError);
  });

  Deno.test(`${label}: a program does not compile without its segments`, () => {
    const backend = openBackend();
    const short = { parameters: backend.allocate(1), state: backend.allocate(state.length) };
    assert.throws(() => backend.compile(example(), short), RangeError);
    const stateless = { parameters: backend.allocate(parameters.length) };
    assert.throws(() => backend.compile(example(), stateless), RangeError);
    const foreign = openReference().allocate(parameters.length);
    const { parameters: own } = open(openWasm()).segments;
    for (const segment of label === "reference" ? [own] : [own, foreign]) {
      const segments = { parameters: segment, state: backend.allocate(state.length) };
      assert.throws(() => backend.compile(example(), segments), TypeError);
    }
  });
}
