/**
 * The mean objective to minimise and its derivatives with respect to all parameters, for given noise: deterministic, so
 * that it can be compared with other implementations.
 */
import type { SyncProgram } from "../../backends/backend.ts";
import { layOut } from "../../graph/layout.ts";
import type { NoiseRequest } from "../../layers/noise.ts";
import type { ParameterSpec } from "../../layers/scope.ts";
import type { Reference } from "../../models/model_terms.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { type Objective, parseObjective } from "../../objectives/objective.ts";
import type { Engine } from "../../trained/engine.ts";
import type { NamedTensor } from "../../trained/named_tensor.ts";
import { LruCache } from "../../trained/lru_cache.ts";
import type { Rows } from "../../trained/rows/matrix.ts";
import { allocateState } from "../program/auxiliary_state.ts";
import { givenNoises, givenReference, type GradientOptions } from "./gradient_options.ts";
import { toTrainingRows } from "../rows/labelled_rows.ts";
import { writeFinalScalars } from "../program/schedule.ts";
import { auxiliaryParameters, gradientPlan } from "../program/train_program.ts";

/** A loss and its gradient. */
export interface LossAndGradients {
  /** Mean objective to minimise, nats per row. */
  readonly loss: number;
  /** Its derivatives by parameter name. */
  readonly gradients: Map<string, NamedTensor<Float64Array>>;
}

/** A model on its machine. */
export interface GradientModel {
  readonly spec: ModelSpec;
  readonly engine: Pick<Engine<string>, "backend" | "layout" | "parameterSpecs" | "segment">;
  /** Seed for networks that the objective trains in addition to the model. */
  readonly seed: number;
}

/**
 * Number of cached programs, one per objective and number of rows: building one takes several times as long as running
 * it on a few rows. Programs for many rows hold much memory and are not cached.
 */
const MAX_PROGRAMS = 4, MAX_CACHED_ROWS = 1024;

/** Computes the loss of a model and its gradients. */
export class Gradients {
  readonly #model: GradientModel;
  readonly #programs = new LruCache<GradientProgram>(MAX_PROGRAMS);

  constructor(model: GradientModel) {
    this.#model = model;
  }

  /** @throws TypeError or RangeError naming the option or row, or if the loss exceeds float32 */
  of(x: Rows, options: GradientOptions): LossAndGradients {
    const { spec, engine: { parameterSpecs } } = this.#model;
    const objective = parseObjective(options?.objective, spec.classifier !== undefined);
    const { data, shape: [rows] } = toTrainingRows(spec, x, options ?? {});
    if (rows === 0) throw new RangeError("Cannot compute gradients: there are no rows");
    const reference = givenReference(spec, objective, rows, options ?? {});
    const key = JSON.stringify([objective, rows, reference?.rows, reference?.trainingRows]);
    const compile = () => compileGradient(this.#model, objective, rows, reference);
    const isCached = rows <= MAX_CACHED_ROWS;
    const cached = isCached ? this.#programs.get(key, compile) : compile();
    try {
      const { program, noises } = cached, given = givenNoises(noises, rows, options?.noise);
      program.write("x", data);
      for (const [name, values] of given) program.write(name, values);
      if (reference) program.write("reference", reference.data);
      program.run(rows);
      return read(program, parameterSpecs);
    } finally {
      if (!isCached) cached.dispose();
    }
  }
}

function read(program: SyncProgram, specs: readonly ParameterSpec[]): LossAndGradients {
  const loss = new Float64Array(1);
  program.read("loss", loss);
  if (!Number.isFinite(loss[0])) {
    throw new RangeError("Cannot compute gradients: the loss is too large for float32");
  }
  const gradients = new Map(specs.map(({ name, rows, cols }) => {
    const values = new Float64Array(rows * cols);
    // A parameter that a batch statistic replaces does not occur in the loss.
    if (program.plan.outputs.has(name)) program.read(name, values);
    return [name, { shape: [rows, cols] as const, data: values }];
  }));
  return { loss: loss[0], gradients };
}

/** A compiled program for a loss and its gradients. */
interface GradientProgram {
  readonly noises: readonly NoiseRequest[];
  readonly program: SyncProgram;
  dispose(): void;
}

function compileGradient(
  { spec, engine, seed }: GradientModel,
  objective: Objective,
  capacity: number,
  reference?: Reference,
): GradientProgram {
  const { backend, layout: parameters, segment } = engine;
  const request = { spec, objective, capacity, parameters, reference };
  const auxiliary = auxiliaryParameters(request), layout = layOut("state", auxiliary);
  const { plan, noises } = gradientPlan({ ...request, state: layout });
  const state = allocateState(backend, layout, auxiliary, seed);
  const program = backend.compile(plan, { parameters: segment, state });
  writeFinalScalars(program, objective);
  const dispose = () => {
    program.dispose();
    state.dispose();
  };
  return { noises, program, dispose };
}
