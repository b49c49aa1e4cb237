/**
 * Elbow as the benchmarks use it: the module graph of a checkout, this one or another, and the
 * programs that are measured. Only `gate.ts` loads another checkout; its names must be those of this
 * one.
 */
import type { Segment, SyncProgram } from "../../src/backends/backend.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import type { Objective } from "../../src/objectives/objective.ts";
import { ADAM, type Model, type Workload } from "./workloads.ts";

/** The parts of a checkout that are measured. */
export interface Elbow {
  readonly backends: typeof import("../../src/backends/open.ts");
  readonly shape: typeof import("../../src/core/shape.ts");
  readonly graph: typeof import("../../src/graph/graph.ts");
  readonly layout: typeof import("../../src/graph/layout.ts");
  readonly plan: typeof import("../../src/graph/plan.ts");
  readonly spec: typeof import("../../src/models/spec.ts");
  readonly parameters: typeof import("../../src/models/vae_graph.ts");
  readonly objective: typeof import("../../src/objectives/objective.ts");
  readonly programs: typeof import("../../src/scoring/programs.ts");
  readonly options: typeof import("../../src/training/options.ts");
  readonly training: typeof import("../../src/training/train_program.ts");
}

const OWN_ROOT = new URL("../../", import.meta.url);

/** @param root a checkout, as a URL that ends in a slash */
export async function loadElbow(root: URL = OWN_ROOT): Promise<Elbow> {
  const load = (path: string) => import(new URL(`src/${path}`, root).href);
  return {
    backends: await load("backends/open.ts"),
    shape: await load("core/shape.ts"),
    graph: await load("graph/graph.ts"),
    layout: await load("graph/layout.ts"),
    plan: await load("graph/plan.ts"),
    spec: await load("models/spec.ts"),
    parameters: await load("models/vae_graph.ts"),
    objective: await load("objectives/objective.ts"),
    programs: await load("scoring/programs.ts"),
    options: await load("training/options.ts"),
    training: await load("training/train_program.ts"),
  };
}

/** How to open the backend. */
export interface Machine {
  /** At most so many threads; 1. */
  readonly threads?: number;
  /** The relaxed build by default. */
  readonly determinism?: "portable" | "fast";
}

/** A program ready to run, the threads in use, and the parameters it runs on. */
export interface Ready {
  readonly program: SyncProgram;
  readonly threads: number;
  readonly parameters: Segment;
  run(): void;
  dispose(): void;
}

/** The spec of a workload, as users write it. */
export function specOf({ inputs, hidden, latent, activation, likelihood }: Workload) {
  const network = { hidden, activation };
  return {
    inputs,
    encoder: network,
    decoder: network,
    latent: [{ size: latent }],
    likelihood: likelihood === "bernoulli"
      ? { type: likelihood }
      : { type: likelihood, variance: 1 },
  } as const;
}

/** The weights of a model under Elbow's names. */
export function namedWeights({ parameters }: Elbow, spec: ModelSpec, { weights }: Model) {
  const specs = parameters.parametersOf(spec);
  return new Map(specs.map(({ name }, i) => [name, weights[i]]));
}

function open({ backends }: Elbow, { threads = 1, determinism = "fast" }: Machine) {
  const options = { determinism, threads };
  const backend = backends.openBackend("wasm", options);
  return { backend, threads: Number(backend.details.threads ?? 1) };
}

function openModel(elbow: Elbow, model: Model, machine: Machine) {
  const spec = elbow.spec.parseSpec(specOf(model.workload));
  const specs = elbow.parameters.parametersOf(spec);
  const layout = elbow.parameters.parameterLayout(specs);
  const { backend, threads } = open(elbow, machine);
  const parameters = backend.allocate(layout.length);
  specs.forEach(({ name }, i) =>
    parameters.write(layout.places.get(name)!.offset, model.weights[i])
  );
  return { spec, specs, layout, backend, threads, parameters };
}

/** The scoring program alone: rows in, costs and KL by column out, nothing summed. */
export function scoreProgram(
  elbow: Elbow,
  model: Model,
  batch: number,
  machine: Machine = {},
): Ready {
  const { spec, layout, backend, threads, parameters } = openModel(elbow, model, machine);
  const plan = elbow.programs.forwardPlan("score", spec, layout, { capacity: batch });
  const program = backend.compile(plan, { parameters });
  const { inputs, latent } = model.workload;
  const rows = model.rows.slice(0, batch * inputs);
  const cost = new Float32Array(batch * inputs), kl = new Float32Array(batch * latent);
  return {
    program,
    threads,
    parameters,
    run() {
      program.write("x", rows);
      program.run(batch);
      program.read("cost", cost);
      program.read("kl", kl);
    },
    dispose: () => backend.dispose(),
  };
}

/** One training step: the batch lies in memory, the noise is fresh, nothing is read back. */
export function trainStep(
  elbow: Elbow,
  model: Model,
  batch: number,
  objective: Objective,
  machine: Machine = {},
): Ready {
  const { spec, specs, layout, backend, threads, parameters } = openModel(elbow, model, machine);
  const optimizer = elbow.options.parseOptimizer({ type: "adam", learningRate: ADAM.rate });
  const state = elbow.training.stateLayout(optimizer, specs);
  const plan = elbow.training.trainPlan({
    spec,
    objective,
    optimizer,
    capacity: batch,
    parameters: layout,
    state,
  });
  const segments = { parameters, state: backend.allocate(state.length) };
  const program = backend.compile(plan, segments);
  program.write("x", model.rows.subarray(0, batch * model.workload.inputs));
  if (plan.inputs.has("klWeight")) program.write("klWeight", [1]);
  let step = 0, one = 1, two = 1;
  return {
    program,
    threads,
    parameters,
    run() {
      one *= ADAM.beta1;
      two *= ADAM.beta2;
      program.write("key", [1, 0, step++, 0]);
      program.write("schedule", [ADAM.rate, 1 - one, 1 - two]);
      program.run(batch);
    },
    dispose: () => backend.dispose(),
  };
}

/** The weights as a program has left them, in the order of `Model`. */
export function readWeights(elbow: Elbow, model: Model, { parameters }: Ready) {
  const specs = elbow.parameters.parametersOf(elbow.spec.parseSpec(specOf(model.workload)));
  const layout = elbow.parameters.parameterLayout(specs);
  return specs.map(({ name, rows, cols }) => {
    const values = new Float32Array(rows * cols);
    parameters.read(layout.places.get(name)!.offset, values);
    return values;
  });
}

/** A product of two matrices that lie in memory. */
export function product(
  elbow: Elbow,
  [m, k, n]: readonly [number, number, number],
  machine: Machine = {},
): Ready {
  const { backend, threads } = open(elbow, machine);
  const layout = elbow.layout.layOut("parameters", [{ name: "b", rows: k, cols: n }]);
  const parameters = backend.allocate(layout.length);
  parameters.write(0, Float32Array.from({ length: k * n }, (_, i) => Math.sin(i)));
  const g = elbow.graph.createGraph();
  const a = g.input("a", elbow.shape.batched(k));
  const outputs = {
    out: g.matmul(a, g.parameter("b", k, n), { transposeA: false, transposeB: false }),
  };
  const plan = elbow.plan.plan(g, { outputs, capacity: m, parameters: layout });
  const program = backend.compile(plan, { parameters });
  program.write("a", Float32Array.from({ length: m * k }, (_, i) => Math.cos(i)));
  return {
    program,
    threads,
    parameters,
    run: () => program.run(m),
    dispose: () => backend.dispose(),
  };
}
