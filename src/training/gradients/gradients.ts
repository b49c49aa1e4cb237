/**
 * The mean objective to minimise and its derivative by every parameter, for noise that a caller gives: deterministic, so
 * that it can be compared with any other route.
 */
import type { Engine, NamedTensor } from "../../trained/engine.ts";
import { layOut } from "../../graph/layout.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { parseObjective } from "../../objectives/objective.ts";
import type { Rows } from "../../trained/rows/matrix.ts";
import { allocateState } from "../program/auxiliary_state.ts";
import { givenNoises, givenReference, type GradientOptions } from "./given.ts";
import { toTrainingRows } from "../rows/labelled_rows.ts";
import { writeFinalScalars } from "../program/schedule.ts";
import { auxiliaryParameters, gradientPlan } from "../program/train_program.ts";

/** A loss and where it falls. */
export interface LossAndGradients {
  /** Mean objective to minimise, nats per row. */
  readonly loss: number;
  /** Its derivatives, by the parameters' names. */
  readonly gradients: Map<string, NamedTensor<Float64Array>>;
}

/** What a model is on its machine. */
export interface GradientModel {
  readonly spec: ModelSpec;
  readonly engine: Pick<Engine<string>, "backend" | "layout" | "parameterSpecs" | "segment">;
  /** Of what the objective trains beside the model. */
  readonly seed: number;
}

/** @throws TypeError or RangeError naming the option or row, or if the loss is beyond float32 */
export function lossAndGradients(
  { spec, engine, seed }: GradientModel,
  x: Rows,
  options: GradientOptions,
): LossAndGradients {
  const objective = parseObjective(options?.objective, spec.classifier !== undefined);
  const { data, shape: [rows] } = toTrainingRows(spec, x, options ?? {});
  const { backend, layout: parameters, parameterSpecs, segment } = engine;
  const reference = givenReference(spec, objective, rows, options ?? {});
  const request = { spec, objective, capacity: rows, parameters, reference };
  const auxiliary = auxiliaryParameters(request), layout = layOut("state", auxiliary);
  const { plan, noises } = gradientPlan({ ...request, state: layout });
  const given = givenNoises(noises, rows, options?.noise);
  const state = allocateState(backend, layout, auxiliary, seed);
  const program = backend.compile(plan, { parameters: segment, state });
  try {
    program.write("x", data);
    for (const [name, values] of given) program.write(name, values);
    if (reference) program.write("reference", reference.data);
    writeFinalScalars(program, objective);
    program.run(rows);
    const loss = new Float64Array(1);
    program.read("loss", loss);
    if (!Number.isFinite(loss[0])) {
      throw new RangeError("Cannot compute gradients: the loss is too large for float32");
    }
    const gradients = new Map(parameterSpecs.map(({ name, rows, cols }) => {
      const values = new Float64Array(rows * cols);
      // A parameter for which a statistic of the batch stands has no part in the loss.
      if (plan.outputs.has(name)) program.read(name, values);
      return [name, { shape: [rows, cols] as const, data: values }];
    }));
    return { loss: loss[0], gradients };
  } finally {
    program.dispose();
    state.dispose();
  }
}
