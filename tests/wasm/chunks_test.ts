/**
 * A program in chunks gives the bytes of the plain program (oracle) for any number of rows and threads, and stays
 * within its memory.
 */
import { deepEqual, equal, throws } from "node:assert/strict";
import type { Backend } from "../../src/backends/backend.ts";
import { openWasm, type WasmProgram } from "../../src/backends/wasm/backend.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { SCORE_KERNELS } from "../../src/backends/wasm/kernels/score.ts";
import { batched } from "../../src/core/shape.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { type Plan, plan } from "../../src/graph/plan.ts";
import { initialize } from "../../src/models/initialize.ts";
import { parseSpec } from "../../src/models/spec.ts";
import { parametersOf } from "../../src/models/vae_graph.ts";
import { forwardPlan, type ProgramName } from "../../src/trained/programs/programs.ts";
import { bytesOf, openCrew } from "../util/threads.ts";

const CHUNK = 16, CHUNKS = 11;
const ROW_COUNTS = [1, 7, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK, 7 * CHUNK + 3, CHUNKS * CHUNK];

const SPEC = parseSpec({
  inputs: 13,
  encoder: { hidden: [19, 9], activation: "tanh" },
  decoder: { hidden: [17], activation: "softplus" },
  latent: [{ size: 3 }],
  likelihood: { type: "gaussian", variance: "perFeature" },
});
// "conditional" has two names for one value.
const NAMES = ["rowScores", "score", "encode", "reconstruct", "conditional"] as const;

/** The model's parameters in a backend's memory, and its plans. */
function model(backend: Backend<WasmProgram>) {
  const specs = parametersOf(SPEC), layout = layOut("parameters", specs);
  const parameters = backend.allocate(layout.length);
  for (const [name, values] of initialize(specs, 1, "auto")) {
    parameters.write(layout.places.get(name)!.offset, values);
  }
  const planOf = (name: ProgramName, capacity: number) =>
    forwardPlan(name, SPEC, layout, { capacity });
  return { parameters, planOf };
}

/** The outputs of a program for that many rows, concatenated. */
function outputsOf(program: WasmProgram, rows: number): Uint8Array[] {
  program.write("x", Float32Array.from({ length: rows * SPEC.inputs }, (_, i) => Math.sin(i)));
  program.run(rows);
  return [...program.plan.outputs].map(([name, { shape }]) => {
    const values = new Float32Array(rows * shape.rows * shape.cols).fill(NaN);
    program.read(name, values);
    return bytesOf(values);
  });
}

for (const threads of [1, 2, 3]) {
  for (const build of ["simd", "relaxed"] as const) {
    Deno.test(`${build}: chunks on ${threads} threads give the bytes of the whole`, async () => {
      const alone = openWasm(FULL_KERNELS, { build });
      const crew = threads === 1
        ? openWasm(SCORE_KERNELS, { build })
        : await openCrew({ threads, build });
      const whole = model(alone), parts = model(crew);
      for (const name of NAMES) {
        const plain = alone.compile(whole.planOf(name, CHUNKS * CHUNK), whole);
        const chunked = crew.compile(parts.planOf(name, CHUNK), parts, undefined, CHUNKS);
        equal(chunked.capacity, CHUNKS * CHUNK);
        for (const rows of ROW_COUNTS) {
          deepEqual(outputsOf(chunked, rows), outputsOf(plain, rows), `${name} of ${rows} rows`);
        }
        chunked.dispose();
      }
      equal(crew.details.threads, threads);
      alone.dispose();
      crew.dispose();
    });
  }
}

Deno.test("a run in chunks leaves the results of other rows unchanged", () => {
  const backend = openWasm(FULL_KERNELS), { parameters, planOf } = model(backend);
  const program = backend.compile(planOf("rowScores", CHUNK), { parameters }, undefined, CHUNKS);
  const all = new Float32Array(CHUNKS * CHUNK), { elements } = program.live("reconstruction");
  elements.fill(-7);
  outputsOf(program, CHUNK + 1);
  program.read("reconstruction", all);
  deepEqual(all.subarray(CHUNK + 1), new Float32Array((CHUNKS - 1) * CHUNK - 1).fill(-7));
  throws(() => program.run(CHUNKS * CHUNK + 1), /rows must be an integer from 1 to 176/);
  backend.dispose();
  throws(() => program.run(1), /was disposed/);
});

Deno.test("a plan whose rows depend on each other is refused in chunks", () => {
  const backend = openWasm(FULL_KERNELS), { parameters, planOf } = model(backend);
  const compile = (refused: Plan) => backend.compile(refused, { parameters }, undefined, 2);
  throws(() => compile(planOf("residuals", CHUNK)), /"key", which is not by row/);
  const g = createGraph(), x = g.input("x", batched(3));
  const mean = plan(g, {
    outputs: { mean: g.sumRows(x, { mean: true }) },
    capacity: 4,
    parameters: layOut("parameters", []),
  });
  throws(() => compile(mean), /"mean", which is not by row/);
  backend.dispose();
});
