/** Evaluates a model on rows by its programs `evaluate` and `prior`, on any machine. */
import { activeUnits } from "./active_units.ts";
import type { Engine } from "../engine.ts";
import type { Programs } from "./map_rows.ts";
import { type Evaluation, type EvaluationOptions, evaluationSteps } from "./evaluation.ts";
import type { RowEvaluation } from "./row_sums.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { requireFiniteRows } from "../finite.ts";
import { layerMeans } from "./moments.ts";
import type { Matrix } from "../rows/matrix.ts";
import type { ProgramName } from "../programs/programs.ts";
import type { Steps } from "../steps.ts";

type DrawingName = "evaluate" | "prior";

/** Evaluates rows by the draws of a program, in steps. */
export function stepsOf(
  programs: Programs<ProgramName>,
  name: DrawingName,
  x: Matrix,
  options: EvaluationOptions,
): Steps<RowEvaluation> {
  const [rows] = x.shape;
  const compile = (capacity: number, samples: number) =>
    programs.program(name, { capacity, samples, rows });
  return evaluationSteps(x, options, compile);
}

/** @throws NotFiniteError naming a row whose bound exceeds float32 */
export async function boundsOf(
  engine: Engine<ProgramName>,
  x: Matrix,
  options: EvaluationOptions,
): Promise<RowEvaluation> {
  const evaluation = await draw(engine, "evaluate", x, options);
  requireFiniteRows("evaluate", evaluation.elbo, 1);
  requireFiniteRows("evaluate", evaluation.logLikelihood, 1);
  return evaluation;
}

/** The whole evaluation. */
export async function evaluateModel(
  engine: Engine<ProgramName>,
  spec: ModelSpec,
  x: Matrix,
  options: EvaluationOptions,
): Promise<Evaluation> {
  const samples = options.priorSamples ?? 0;
  if (samples !== 0 && spec.classifier) {
    throw new TypeError("Cannot evaluate: a model with a classifier takes no priorSamples");
  }
  const evaluation = await boundsOf(engine, x, options);
  const activeUnitsPerLayer = (await layerMeans(engine, spec, x)).map(activeUnits);
  const withActiveUnits = {
    ...evaluation,
    activeUnits: activeUnitsPerLayer[0],
    activeUnitsPerLayer,
  };
  if (samples === 0) return withActiveUnits;
  const { logLikelihood } = await draw(engine, "prior", x, { ...options, samples });
  return { ...withActiveUnits, priorLogLikelihood: logLikelihood };
}

function draw(
  engine: Engine<ProgramName>,
  name: DrawingName,
  x: Matrix,
  options: EvaluationOptions,
): Promise<RowEvaluation> {
  const work = { name, rows: x.shape[0], samples: options.samples };
  return engine.run(work, (programs) => stepsOf(programs, name, x, options));
}
