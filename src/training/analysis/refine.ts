/**
 * Finds the best diagonal Gaussian q(z) for each row alone: a fixed number of Adam steps from the encoder's own mean
 * and log-variance, along path gradients (`objectives/path_gradient.ts`: without noise if q is exact), with new draws
 * for each step, and a learning rate that falls to zero along half a cosine.
 */
import type { SyncProgram } from "../../backends/backend.ts";
import { splitSeed } from "../../core/random/philox.ts";
import { batched } from "../../core/shape.ts";
import { cosineRamp, LOG_VARIANCE } from "../../core/stable.ts";
import { clampLogVariance } from "../../distributions/diagonal_gaussian.ts";
import { createGraph } from "../../graph/graph.ts";
import { type Plan, plan } from "../../graph/plan.ts";
import { drawnNoise } from "../../layers/noise.ts";
import { createScope } from "../../layers/scope.ts";
import { rowsInput } from "../../models/batch_rows.ts";
import { termsUnder } from "../../models/model_terms.ts";
import { latentSize } from "../../models/spec.ts";
import { pathGradients } from "../../objectives/path_gradient.ts";
import { type Matrix, rowsOf } from "../../trained/rows/matrix.ts";
import type { OnHost } from "../../trained/on_host.ts";
import type { Steps } from "../../trained/steps.ts";

type Model = Pick<OnHost, "spec" | "parameters" | "compile">;

/** A Gaussian per row, `[rows, L]` each. */
export interface RowGaussians {
  readonly mean: Matrix;
  readonly logVar: Matrix;
}

/** Options for refining. */
export interface RefineSettings {
  readonly steps: number;
  /** Draws of z per row and step. */
  readonly stepSamples: number;
  /** Initial learning rate. */
  readonly learningRate: number;
  readonly seed: number;
  /** Whether all rows use the same draws. */
  readonly sameDraws: boolean;
}

const BATCH_ROWS = 128;

/** Key steps beyond those of evaluation: q must not be evaluated on the draws that it was fitted to. */
const FIRST_KEY_STEP = 2 ** 31;

/** The usual constants of Adam. */
const BETA_1 = 0.9, BETA_2 = 0.999, EPSILON = 1e-8;

/** The terms of draws under a q that is an input, or the gradient of -mean bound with respect to it. */
export function givenPosteriorPlan(
  { spec, parameters }: Model,
  { capacity, samples, forGradient }: {
    readonly capacity: number;
    readonly samples: number;
    readonly forGradient: boolean;
  },
): Plan {
  const g = createGraph();
  const scope = createScope(g, { noise: drawnNoise });
  const size = latentSize(spec);
  const mean = g.input("mean", batched(size)), logVar = g.input("logVar", batched(size));
  const q = { mean, logVar: clampLogVariance(g, logVar) };
  const terms = termsUnder(scope, spec, rowsInput(g, spec), q, samples);
  const { logLikelihoods, logWeights } = terms;
  // The bound is the mean of ln w, without the KL of each row: it has no noise if q is exact.
  if (!forGradient) {
    return plan(g, { outputs: { logLikelihoods, logWeights }, capacity, parameters });
  }
  const request = { logWeights, weights: 1 / samples, estimator: "stl" };
  const [byMean, byLogVar] = pathGradients(g, terms, request, [mean, logVar]);
  return plan(g, { outputs: { byMean, byLogVar }, capacity, parameters });
}

/** Refines batch by batch, in steps of one run each. @returns each row's q after all steps */
export function* refineSteps(
  model: Model,
  x: Matrix,
  start: RowGaussians,
  settings: RefineSettings,
): Steps<RowGaussians> {
  const [rows] = x.shape;
  const capacity = settings.sameDraws ? 1 : Math.max(1, Math.min(rows, BATCH_ROWS));
  const samples = settings.stepSamples;
  const program = model.compile(
    givenPosteriorPlan(model, { capacity, samples, forGradient: true }),
  );
  const copy = ({ data, shape }: Matrix): Matrix => ({ data: data.slice(), shape });
  const q = { mean: copy(start.mean), logVar: copy(start.logVar) };
  try {
    for (let first = 0; first < rows; first += capacity) {
      const count = Math.min(capacity, rows - first);
      program.write("x", rowsOf(x, first, count));
      const parts = [
        { name: "mean", gradientName: "byMean", values: rowsOf(q.mean, first, count) },
        { name: "logVar", gradientName: "byLogVar", values: rowsOf(q.logVar, first, count) },
      ].map((part) => ({ ...part, update: adam(part.values) }));
      for (let step = 0; step < settings.steps; step++) {
        for (const { name, values } of parts) program.write(name, values);
        const row = settings.sameDraws ? 0 : first;
        program.write("key", [...splitSeed(settings.seed), FIRST_KEY_STEP + step, row]);
        program.run(count);
        const rate = settings.learningRate * cosineRamp(step / settings.steps);
        for (const { gradientName, update } of parts) {
          update(program, gradientName, rate, count);
        }
        yield;
      }
    }
  } finally {
    program.dispose();
  }
  for (let i = 0; i < q.logVar.data.length; i++) {
    q.logVar.data[i] = Math.min(LOG_VARIANCE.high, Math.max(LOG_VARIANCE.low, q.logVar.data[i]));
  }
  return q;
}

/**
 * Adam on `values`, in place. A program gives the gradient of a mean over `rows` independent rows. A derivative that is
 * not finite changes nothing.
 */
function adam(values: Float32Array) {
  const { length } = values;
  const gradient = new Float64Array(length),
    m = new Float64Array(length),
    v = new Float64Array(length);
  let power1 = 1, power2 = 1;
  return (program: SyncProgram, output: string, rate: number, rows: number) => {
    program.read(output, gradient);
    power1 *= BETA_1;
    power2 *= BETA_2;
    for (let i = 0; i < length; i++) {
      if (!Number.isFinite(gradient[i])) continue;
      const rowGradient = rows * gradient[i];
      m[i] = BETA_1 * m[i] + (1 - BETA_1) * rowGradient;
      v[i] = BETA_2 * v[i] + (1 - BETA_2) * rowGradient ** 2;
      values[i] -= rate * (m[i] / (1 - power1)) / (Math.sqrt(v[i] / (1 - power2)) + EPSILON);
    }
  };
}
