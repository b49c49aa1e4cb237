/**
 * The gain of threads: one against several on a product, training steps and scores. Samples of both alternate, so that
 * both meet the same load; the best of many counts. Two threads need two free processors at once, so a busy machine
 * shows less than a quiet one.
 *
 *     deno run bench/threads.ts [threads]
 */
import type { Backend } from "../src/backends/backend.ts";
import { openWasm, type WasmProgram } from "../src/backends/wasm/backend.ts";
import { FULL_KERNELS } from "../src/backends/wasm/kernels/full.ts";
import { batched } from "../src/core/shape.ts";
import { createGraph } from "../src/graph/graph.ts";
import { layOut } from "../src/graph/layout.ts";
import { plan } from "../src/graph/plan.ts";
import { initialize } from "../src/models/initialize.ts";
import { type ModelSpec, parseSpec } from "../src/models/spec.ts";
import { parametersOf } from "../src/models/vae_graph.ts";
import { forwardPlan } from "../src/trained/programs/programs.ts";
import { parseRecipe } from "../src/training/options.ts";
import { stateLayout, trainPlan } from "../src/training/program/train_program.ts";

const WARM_UP_MS = 500;
const SAMPLE_MS = 3;
const SAMPLES = 100;

type Machine = Backend<WasmProgram>;
type Job = (machine: Machine) => () => void;

/** `dense` without activation. */
function product(rows: number, inner: number, cols: number): Job {
  return (machine) => {
    const tensors = [{ name: "w", rows: inner, cols }, { name: "b", rows: 1, cols }];
    const layout = layOut("parameters", tensors);
    const parameters = machine.allocate(layout.length);
    parameters.write(0, Float32Array.from({ length: layout.length }, (_, i) => Math.sin(i)));
    const g = createGraph();
    const [w, b] = tensors.map(({ name, rows, cols }) => g.parameter(name, rows, cols));
    const y = g.dense(g.input("x", batched(inner)), w, b, { activation: "identity" });
    const request = { outputs: { y }, capacity: rows, parameters: layout };
    const program = machine.compile(plan(g, request), { parameters });
    program.write("x", Float32Array.from({ length: rows * inner }, (_, i) => Math.cos(i)));
    return () => program.run(rows);
  };
}

function model(inputs: number, hidden: number, latent: number): ModelSpec {
  const network = { hidden: [hidden], activation: "tanh" } as const;
  const likelihood = { type: "bernoulli" } as const;
  const networks = { encoder: network, decoder: network };
  return parseSpec({ inputs, ...networks, latent: [{ size: latent }], likelihood });
}

/** Parameters in memory, and data for them. */
function ready(machine: Machine, spec: ModelSpec, rows: number) {
  const specs = parametersOf(spec), layout = layOut("parameters", specs);
  const parameters = machine.allocate(layout.length);
  for (const [name, values] of initialize(specs, 1, "auto")) {
    parameters.write(layout.places.get(name)!.offset, values);
  }
  const x = Float32Array.from({ length: rows * spec.inputs }, (_, i) => Math.abs(Math.sin(i)));
  return { specs, layout, parameters, x };
}

/** One training step with Adam. */
function step(spec: ModelSpec, rows: number): Job {
  return (machine) => {
    const { specs, layout, parameters, x } = ready(machine, spec, rows);
    const { objective, optimizer } = parseRecipe({}, 0);
    const states = stateLayout(optimizer, specs);
    const request = { spec, objective, optimizer, capacity: rows, parameters: layout };
    const program = machine.compile(trainPlan({ ...request, state: states }), {
      parameters,
      state: machine.allocate(states.length),
    });
    program.write("x", x);
    program.write("klWeight", [1]);
    program.write("schedule", [1e-6, 0.1, 0.001]);
    return () => program.run(rows);
  };
}

function score(spec: ModelSpec, rows: number): Job {
  return (machine) => {
    const { layout, parameters, x } = ready(machine, spec, rows);
    const plan = forwardPlan("score", spec, layout, { capacity: rows });
    const program = machine.compile(plan, { parameters });
    program.write("x", x);
    return () => program.run(rows);
  };
}

const MNIST = model(784, 400, 20), SMALL = model(64, 64, 8);
const JOBS: Readonly<Record<string, Job>> = {
  "product 128x784x400": product(128, 784, 400),
  "product 512x512x512": product(512, 512, 512),
  "step 784-400-20, 128 rows": step(MNIST, 128),
  "step 784-400-20, 512 rows": step(MNIST, 512),
  "score 784-400-20, 1 row": score(MNIST, 1),
  "score 784-400-20, 128 rows": score(MNIST, 128),
  "score 784-400-20, 1024 rows": score(MNIST, 1024),
  "step 64-64-8, 128 rows": step(SMALL, 128),
  "score 64-64-8, 1024 rows": score(SMALL, 1024),
};

function timed(run: () => void, repeats: number): number {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) run();
  return (performance.now() - start) / repeats;
}

/** The best milliseconds of each. */
function compare(runs: readonly (() => void)[]): number[] {
  for (const run of runs) {
    const start = performance.now();
    while (performance.now() - start < WARM_UP_MS) run();
  }
  const repeats = Math.max(1, Math.round(SAMPLE_MS / timed(runs[0], 5)));
  const best = runs.map(() => Infinity);
  for (let i = 0; i < SAMPLES; i++) {
    runs.forEach((run, k) => best[k] = Math.min(best[k], timed(run, repeats)));
  }
  return best;
}

const threads = Number(Deno.args[0] ?? navigator.hardwareConcurrency);
for (const [name, job] of Object.entries(JOBS)) {
  const machines = [openWasm(FULL_KERNELS), openWasm(FULL_KERNELS, { threads })];
  const runs = machines.map(job);
  await machines[1].ready!();
  const [alone, shared] = compare(runs);
  const { threads: atWork } = machines[1].details;
  console.log(
    `${name.padEnd(30)}${alone.toFixed(3).padStart(9)} ms alone${
      shared.toFixed(3).padStart(9)
    } ms on ${atWork}: ${(alone / shared).toFixed(2)} times`,
  );
  for (const machine of machines) machine.dispose();
}
