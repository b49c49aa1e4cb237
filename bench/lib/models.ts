/** The programs of a model that are measured: a score, and a training step. */
import type { ModelSpec } from "../../src/models/spec.ts";
import type { Objective } from "../../src/objectives/objective.ts";
import { type Elbow, type Machine, openWasm, type Ready } from "./elbow.ts";
import { ADAM, type Model, type Workload } from "./workloads.ts";

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

/** The constant of a Gaussian density, which the shared definition of scores leaves out. */
export function constantOf({ workload: { likelihood, inputs } }: Model): number {
  return likelihood === "gaussian" ? 0.5 * inputs * Math.log(2 * Math.PI) : 0;
}

/** The weights of a model under Elbow's names. */
export function namedWeights({ parameters }: Elbow, spec: ModelSpec, { weights }: Model) {
  const specs = parameters.parametersOf(spec);
  return new Map(specs.map(({ name }, i) => [name, weights[i]]));
}

function openModel(elbow: Elbow, model: Model, machine: Machine) {
  const spec = elbow.spec.parseSpec(specOf(model.workload));
  const specs = elbow.parameters.parametersOf(spec);
  const layout = elbow.layout.layOut("parameters", specs);
  const { backend } = openWasm(elbow, machine);
  const parameters = backend.allocate(layout.length);
  specs.forEach(({ name }, i) =>
    parameters.write(layout.places.get(name)!.offset, model.weights[i])
  );
  return { spec, specs, layout, backend, parameters };
}

/** Rows of a chunk of `score`. */
const CHUNK = 128;

/** The scoring program alone: rows in, costs and KL by column out, without sums. */
export function scoreProgram(
  elbow: Elbow,
  model: Model,
  batch: number,
  machine: Machine = {},
): Ready {
  const { spec, layout, backend, parameters } = openModel(elbow, model, machine);
  // In chunks, as in `score`.
  const capacity = Math.min(batch, CHUNK);
  const plan = elbow.programs.forwardPlan("score", spec, layout, { capacity });
  const program = backend.compile(plan, { parameters }, undefined, Math.ceil(batch / capacity));
  const { inputs, latent } = model.workload;
  const rows = model.rows.slice(0, batch * inputs);
  const cost = new Float32Array(batch * inputs), kl = new Float32Array(batch * latent);
  return {
    program,
    // Threads start with the first program that is worth sharing.
    get threads() {
      return Number(backend.details.threads ?? 1);
    },
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

/** One training step: the batch is in memory, the noise is new, nothing is read back. */
export function trainStep(
  elbow: Elbow,
  model: Model,
  batch: number,
  objective: Objective,
  machine: Machine = {},
): Ready {
  const { spec, specs, layout, backend, parameters } = openModel(elbow, model, machine);
  const optimizer = elbow.optimizer.parseOptimizer({ type: "adam", learningRate: ADAM.rate });
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
    // Threads start with the first program that is worth sharing.
    get threads() {
      return Number(backend.details.threads ?? 1);
    },
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

/** The weights after a program has run, in the order of `Model`. */
export function readWeights(elbow: Elbow, model: Model, { parameters }: Ready) {
  const specs = elbow.parameters.parametersOf(elbow.spec.parseSpec(specOf(model.workload)));
  const layout = elbow.layout.layOut("parameters", specs);
  return specs.map(({ name, rows, cols }) => {
    const values = new Float32Array(rows * cols);
    parameters.read(layout.places.get(name)!.offset, values);
    return values;
  });
}
