/**
 * Reuse of memory changes no result: random graphs, planned as usual, give the same bits as plans in which every value
 * is an output, which keeps its own memory to the end. Memory starts as NaN.
 */
import assert from "node:assert/strict";
import type { Backend, SyncProgram } from "../../src/backends/backend.ts";
import { openReference } from "../util/reference.ts";
import { openWasm } from "../util/wasm.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { sizeAt } from "../../src/core/shape.ts";
import { plan } from "../../src/graph/plan.ts";
import type { Node } from "../../src/ops/spec.ts";
import type { Inspectable } from "../conformance/harness.ts";
import { type RandomGraph, randomGraph } from "./random_graph.ts";

const CAPACITY = 9, ROWS = [9, 1, 5];
const NOTHING = { length: 0, places: new Map() };

type Outputs = Readonly<Record<string, Node>>;

/** The results of `wanted`, from a plan that keeps `outputs`, and the memory that the plan needs. */
function run(
  backend: Backend<SyncProgram & Inspectable>,
  { g, inputs }: RandomGraph,
  outputs: Outputs,
  wanted: Outputs,
): { readonly results: number[][]; readonly scratchLength: number } {
  const compiled = plan(g, { outputs, capacity: CAPACITY, parameters: NOTHING });
  const program = backend.compile(compiled, { parameters: backend.allocate(0) });
  const memory = program.scratch();
  const values = compiled.constants.map(({ place }) => memory[place.offset]);
  memory.fill(NaN);
  compiled.constants.forEach(({ place }, i) => memory[place.offset] = values[i]);
  const results = ROWS.flatMap((rows) => {
    const random = new HostRandom(rows, 0, 0);
    for (const [name, shape] of inputs) {
      const given = Array.from({ length: sizeAt(shape, rows) }, () => 2 * random.uniformF32() - 1);
      if (compiled.inputs.has(name)) program.write(name, given);
    }
    program.run(rows);
    return Object.entries(wanted).map(([name, { shape }]) => {
      const result = new Float64Array(sizeAt(shape, rows));
      program.read(name, result);
      return [...result];
    });
  });
  program.dispose();
  return { results, scratchLength: compiled.scratchLength };
}

const BACKENDS = { reference: openReference, wasm: () => openWasm({ build: "simd" }) };

for (const [label, open] of Object.entries(BACKENDS)) {
  Deno.test(`${label}: plans that reuse memory give the results of plans that do not`, () => {
    const backend = open();
    let reusing = 0, keeping = 0;
    for (let seed = 0; seed < 150; seed++) {
      const graph = randomGraph(seed, 5 + seed % 30);
      const { g, outputs } = graph;
      const all = Object.fromEntries(g.nodes.map((node) => [`node ${node.id}`, node]));
      const kept = run(backend, graph, { ...all, ...outputs }, outputs);
      const reused = run(backend, graph, outputs, outputs);
      assert.deepEqual(reused.results, kept.results, `graph ${seed}`);
      assert.ok(reused.results.flat().every(Number.isFinite), `graph ${seed} is not finite`);
      reusing += reused.scratchLength;
      keeping += kept.scratchLength;
    }
    assert.ok(reusing < keeping, `${reusing} elements of ${keeping}`);
    backend.dispose();
  });
}
