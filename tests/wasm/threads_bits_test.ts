/**
 * Threads do not change any bit of a program: training steps, scores, and matrices of every height. Oracle: the same
 * build on one thread. Everything is cut as finely as possible.
 */
import { deepEqual } from "node:assert/strict";
import type { Backend } from "../../src/backends/backend.ts";
import { openWasm, type WasmProgram } from "../../src/backends/wasm/backend.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { batched } from "../../src/core/shape.ts";
import { createGraph, type Graph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { plan } from "../../src/graph/plan.ts";
import { initialize } from "../../src/models/initialize.ts";
import { parseSpec } from "../../src/models/spec.ts";
import { parametersOf } from "../../src/models/vae_graph.ts";
import type { Node } from "../../src/ops/spec.ts";
import { forwardPlan } from "../../src/trained/programs/programs.ts";
import { parseRecipe } from "../../src/training/options.ts";
import { stateLayout, trainPlan } from "../../src/training/program/train_program.ts";
import { bytesOf, openCrew } from "../util/threads.ts";
import { numbers } from "./debug_kernels.ts";

const BUILDS = ["simd", "relaxed"] as const;
type OpenBackend = Backend<WasmProgram>;

/** The results on one, two and three threads. */
async function assertSame(
  build: typeof BUILDS[number],
  run: (backend: OpenBackend) => Iterable<readonly [what: string, values: Float32Array]>,
): Promise<void> {
  const alone = openWasm(FULL_KERNELS, { build });
  const want = [...run(alone)].map(([what, values]) => [what, values.slice()] as const);
  for (const threads of [2, 3]) {
    const crew = await openCrew({ build, threads });
    let i = 0;
    for (const [what, values] of run(crew)) {
      deepEqual(bytesOf(values), bytesOf(want[i++][1]), `${what} on ${threads} threads`);
    }
    deepEqual([i, crew.details.threads], [want.length, threads]);
    crew.dispose();
  }
  alone.dispose();
}

const INNER = 300, COLS = 45, HEIGHT = 70;

/** All products of a batch, sums over it, and elementwise operations around them. */
function heights(g: Graph): Record<string, Node> {
  const x = g.input("x", batched(INNER)), other = g.input("other", batched(COLS));
  const weight = g.parameter("weight", INNER, COLS), bias = g.parameter("bias", 1, COLS);
  const across = g.parameter("across", COLS, INNER), edge = g.parameter("edge", 1, INNER);
  const dense = g.dense(x, weight, bias, { activation: "tanh" });
  return {
    dense,
    plain: g.matmul(x, weight, { transposeA: false, transposeB: false }),
    across: g.matmul(x, across, { transposeA: false, transposeB: true }),
    summed: g.matmul(x, other, { transposeA: true, transposeB: false }),
    sumRows: g.sumRows(x, { mean: true }),
    sumCols: g.sumCols(dense),
    softmax: g.softmaxCols(dense),
    stretched: g.gaussianLogProb(other, bias, g.sumCols(g.exp(other))),
    repeated: g.repeatRows(other, { times: 3 }),
    smallest: g.smallestCols(x, { count: 11 }),
    sought: g.smallestCols(g.dense(other, across, edge, { activation: "identity" }), { count: 11 }),
  };
}

for (const build of BUILDS) {
  Deno.test(`${build}: 1 to 70 rows of all operations give the same bits on 1, 2 and 3 threads`, async () => {
    await assertSame(build, function* (backend) {
      const layout = layOut("parameters", [
        { name: "weight", rows: INNER, cols: COLS },
        { name: "bias", rows: 1, cols: COLS },
        { name: "across", rows: COLS, cols: INNER },
        { name: "edge", rows: 1, cols: INNER },
      ]);
      const parameters = backend.allocate(layout.length);
      parameters.write(0, numbers(layout.length, 1));
      const g = createGraph(), outputs = heights(g);
      const program = backend.compile(
        plan(g, { outputs, capacity: HEIGHT, parameters: layout }),
        { parameters },
      );
      const x = numbers(HEIGHT * INNER, 2), other = numbers(HEIGHT * COLS, 3);
      for (let rows = 1; rows <= HEIGHT; rows++) {
        program.write("x", x.subarray(0, rows * INNER));
        program.write("other", other.subarray(0, rows * COLS));
        program.run(rows);
        for (const [name, { shape }] of program.plan.outputs) {
          const height = shape.batched ? rows * shape.rows : shape.rows;
          const values = new Float32Array(height * shape.cols);
          program.read(name, values);
          yield [`${name} of ${rows} rows`, values];
        }
      }
    });
  });

  Deno.test(`${build}: 20 training steps and the scores after them are the same on 1, 2 and 3 threads`, async () => {
    await assertSame(build, trainAndScore);
  });
}

const SPEC = parseSpec({
  inputs: 21,
  encoder: { hidden: [37, 18], activation: "elu" },
  decoder: { hidden: [33], activation: "tanh" },
  latent: [{ size: 5 }],
  likelihood: { type: "gaussian", variance: "perFeature" },
});
const BATCH = 43;

function* trainAndScore(backend: OpenBackend): Iterable<readonly [string, Float32Array]> {
  const specs = parametersOf(SPEC), layout = layOut("parameters", specs);
  const { objective, optimizer } = parseRecipe({ objective: { samples: 3 } }, 0);
  const states = stateLayout(optimizer, specs);
  const parameters = backend.allocate(layout.length), state = backend.allocate(states.length);
  for (const [name, values] of initialize(specs, 1, "auto")) {
    parameters.write(layout.places.get(name)!.offset, values);
  }
  const request = { spec: SPEC, objective, optimizer, capacity: BATCH };
  const program = backend.compile(
    trainPlan({ ...request, parameters: layout, state: states }),
    { parameters, state },
  );
  const data = numbers(BATCH * SPEC.inputs, 4);
  program.write("x", data);
  program.write("klWeight", [1]);
  for (let step = 0; step < 20; step++) {
    program.write("key", [7, 8, step, 0]);
    program.write("schedule", [0.01, 1 - 0.9 ** (step + 1), 1 - 0.999 ** (step + 1)]);
    program.run(step % 2 === 0 ? BATCH : 29); // short batches as well
  }
  for (const [name, segment] of Object.entries({ parameters, state })) {
    const values = new Float32Array(segment.length);
    segment.read(0, values);
    yield [`${name} after 20 steps`, values];
  }
  const scores = backend.compile(
    forwardPlan("score", SPEC, layout, { capacity: BATCH }),
    { parameters },
  );
  for (const rows of [1, 2, 7, 8, 9, 17, 31, BATCH]) {
    scores.write("x", data.subarray(0, rows * SPEC.inputs));
    scores.run(rows);
    const cost = new Float32Array(rows * SPEC.inputs);
    scores.read("cost", cost);
    yield [`cost of ${rows} rows`, cost];
  }
}
