/**
 * How far each row's ELBO is from its ln p(x), and why (Cremer, Li and Duvenaud, "Inference suboptimality
 * in variational autoencoders", 2018), nats:
 *
 *   ln p(x) - ELBO = (ln p(x) - ELBO*)  +  (ELBO* - ELBO)
 *                     approximation gap     amortisation gap
 *
 * ELBO* is that of the best diagonal Gaussian for the row alone: from the encoder's own mean and
 * log-variance a fixed number of Adam steps along path gradients (`objectives/path_gradient.ts`: without
 * noise where q is exact), on new draws each, rate along half a cosine to zero. Both bounds are then means
 * of ln w over the same draws, and the better one stands, so that no amortisation gap is negative. ln p(x)
 * is importance-sampled from the better q, so that it is low, and with it the approximation gap.
 */
import type { SyncProgram } from "../backends/backend.ts";
import { batched } from "../core/shape.ts";
import { cosineRamp, LOG_VARIANCE } from "../core/stable.ts";
import { splitSeed } from "../core/philox.ts";
import { requireNumber, requireObject } from "../core/validate.ts";
import { clampLogVariance } from "../distributions/diagonal_gaussian.ts";
import { createGraph } from "../graph/graph.ts";
import { type Plan, plan } from "../graph/plan.ts";
import { drawnNoise } from "../layers/noise.ts";
import { createScope } from "../layers/scope.ts";
import type { ModelSpec } from "../models/spec.ts";
import { termsUnder } from "../models/model_terms.ts";
import { rowsInput } from "../models/batch_rows.ts";
import { latentSize } from "../models/spec.ts";
import { pathGradients } from "../objectives/path_gradient.ts";
import { evaluateRows } from "../trained/evaluation.ts";
import type { RowEvaluation } from "../trained/row_sums.ts";
import type { Matrix } from "../trained/matrix.ts";
import type { OnHost } from "../trained/on_host.ts";

/** How to refine, and to measure. */
export interface GapOptions {
  /** Draws of z per row that the bounds and ln p(x) are taken from; 100. */
  readonly samples?: number;
  /** Steps of Adam for each row, more than none; 200. */
  readonly steps?: number;
  /** Draws of z per row and step; 4. */
  readonly stepSamples?: number;
  /** Where the rate begins; 0.05. */
  readonly learningRate?: number;
  /** Fixes the draws; 0. */
  readonly seed?: number;
}

/** Per row, nats: logLikelihood - elbo = approximation + amortisation. */
export interface Gaps {
  /** ln p(x), importance-sampled from the refined q. */
  readonly logLikelihood: Float64Array;
  /** The bound under the encoder's q. */
  readonly elbo: Float64Array;
  /** The best bound found for the row. */
  readonly refinedElbo: Float64Array;
  /** What the family of q cannot reach. */
  readonly approximation: Float64Array;
  /** What the encoder leaves of that, ≥ 0. */
  readonly amortisation: Float64Array;
}

type Model = Pick<OnHost, "spec" | "parameters" | "compile" | "posterior">;

/** A Gaussian for each row, `[rows, L]` each. */
interface RowGaussians {
  readonly mean: Matrix;
  readonly logVar: Matrix;
}

const BATCH_ROWS = 128;

/** Steps of the key that evaluation does not come to: what q was fitted to must not judge it. */
const FIRST_STEP = 2 ** 31;

/** Adam as usual. */
const BETA_1 = 0.9, BETA_2 = 0.999, EPSILON = 1e-8;

/**
 * @param sameDraws whether every row takes the same, as where rows are scored: `trained/evaluation.ts`
 * @throws RangeError if q(z | x) is not one diagonal Gaussian
 */
export function gapsOf(
  model: Model,
  x: Matrix,
  options: GapOptions,
  { sameDraws = false } = {},
): Gaps {
  const settings = { ...parse(options), sameDraws };
  requireDiagonal(model.spec);
  const start = model.posterior(x);
  const refined = refine(model, x, start, settings);
  const measured = (q: RowGaussians) => evaluateUnder(model, x, q, settings);
  const amortised = measured(start), own = measured(refined);
  const isBetter = own.elbo.map((elbo, r) => Number(elbo >= amortised.elbo[r]));
  const better = (of: (each: RowEvaluation) => Float64Array) =>
    of(amortised).map((value, r) => isBetter[r] ? of(own)[r] : value);
  const refinedElbo = better(({ elbo }) => elbo);
  const logLikelihood = better((each) => each.logLikelihood);
  return {
    logLikelihood,
    elbo: amortised.elbo,
    refinedElbo,
    approximation: logLikelihood.map((value, r) => value - refinedElbo[r]),
    amortisation: refinedElbo.map((value, r) => value - amortised.elbo[r]),
  };
}

type Settings = Required<GapOptions> & { readonly sameDraws: boolean };

function parse(options: GapOptions): Required<GapOptions> {
  const keys = ["samples", "steps", "stepSamples", "learningRate", "seed"];
  const { samples = 100, steps = 200, stepSamples = 4, learningRate = 0.05, seed = 0 } =
    requireObject("gap options", options, keys) as GapOptions;
  const whole = { min: 1, max: 1e6, integer: true };
  return {
    samples: requireNumber("samples", samples, whole),
    steps: requireNumber("steps", steps, whole),
    stepSamples: requireNumber("stepSamples", stepSamples, { ...whole, max: 1024 }),
    learningRate: requireNumber("learningRate", learningRate, { above: 0, max: 10 }),
    seed: requireNumber("seed", seed, { integer: true }),
  };
}

/** What about q(z | x) keeps it from being refined row by row; undefined where nothing does. */
export function whyNotRefined({ latent: [layer, ...above], classifier }: ModelSpec) {
  if (classifier) return "its class may be missing";
  if (above.length > 0) return "it has several layers";
  if (layer.type !== "gaussian") return `it is ${layer.type}`;
  if (layer.posterior !== "diagonal") return "its covariance is full";
  return layer.flows.length > 0 ? "it has flows" : undefined;
}

function requireDiagonal(spec: ModelSpec): void {
  const reason = whyNotRefined(spec);
  if (reason === undefined) return;
  throw new RangeError(
    `Cannot refine q(z | x): it must be one diagonal Gaussian layer without flows: ${reason}`,
  );
}

/** The terms of draws under a q that the program reads, or the gradient of -mean bound by it. */
function underPlan(
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
  // Without the KL of each row the bound is the mean of ln w, which has no noise where q is exact.
  if (!forGradient) {
    return plan(g, { outputs: { logLikelihoods, logWeights }, capacity, parameters });
  }
  const request = { logWeights, weights: 1 / samples, estimator: "stl" };
  const [byMean, byLogVar] = pathGradients(g, terms, request, [mean, logVar]);
  return plan(g, { outputs: { byMean, byLogVar }, capacity, parameters });
}

/** Draws and rows of a program as `evaluate`'s, for q row by row. */
function evaluateUnder(
  model: Model,
  x: Matrix,
  q: RowGaussians,
  { samples, seed, sameDraws }: Settings,
): RowEvaluation {
  let program: SyncProgram | undefined;
  const compile = (capacity: number, samples: number) =>
    program ??= model.compile(underPlan(model, { capacity, samples, forGradient: false }));
  try {
    return evaluateRows(x, { samples, seed, sameDraws }, compile, (program, first, count) => {
      program.write("mean", rowsOf(q.mean, first, count));
      program.write("logVar", rowsOf(q.logVar, first, count));
    });
  } finally {
    program?.dispose();
  }
}

/** Batch by batch, each row's q after all steps. */
function refine(
  model: Model,
  x: Matrix,
  start: RowGaussians,
  settings: Settings,
): RowGaussians {
  const [rows] = x.shape;
  const capacity = settings.sameDraws ? 1 : Math.max(1, Math.min(rows, BATCH_ROWS));
  const samples = settings.stepSamples;
  const program = model.compile(underPlan(model, { capacity, samples, forGradient: true }));
  const copy = ({ data, shape }: Matrix): Matrix => ({ data: data.slice(), shape });
  const q = { mean: copy(start.mean), logVar: copy(start.logVar) };
  try {
    for (let first = 0; first < rows; first += capacity) {
      const count = Math.min(capacity, rows - first);
      program.write("x", rowsOf(x, first, count));
      const parts = [
        { name: "mean", by: "byMean", values: rowsOf(q.mean, first, count) },
        { name: "logVar", by: "byLogVar", values: rowsOf(q.logVar, first, count) },
      ].map((part) => ({ ...part, descend: adam(part.values) }));
      for (let step = 0; step < settings.steps; step++) {
        for (const { name, values } of parts) program.write(name, values);
        const row = settings.sameDraws ? 0 : first;
        program.write("key", [...splitSeed(settings.seed), FIRST_STEP + step, row]);
        program.run(count);
        const rate = settings.learningRate * cosineRamp(step / settings.steps);
        for (const { by, descend } of parts) descend(program, by, rate, count);
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
 * Adam on `values`, in place, down the gradient that a program gives of a mean over `rows` rows that know
 * nothing of one another; a derivative that is not finite moves nothing.
 */
function adam(values: Float32Array) {
  const { length } = values;
  const slope = new Float64Array(length),
    m = new Float64Array(length),
    v = new Float64Array(length);
  let power1 = 1, power2 = 1;
  return (program: SyncProgram, output: string, rate: number, rows: number) => {
    program.read(output, slope);
    power1 *= BETA_1;
    power2 *= BETA_2;
    for (let i = 0; i < length; i++) {
      if (!Number.isFinite(slope[i])) continue;
      const own = rows * slope[i];
      m[i] = BETA_1 * m[i] + (1 - BETA_1) * own;
      v[i] = BETA_2 * v[i] + (1 - BETA_2) * own ** 2;
      values[i] -= rate * (m[i] / (1 - power1)) / (Math.sqrt(v[i] / (1 - power2)) + EPSILON);
    }
  };
}

function rowsOf({ data, shape: [, columns] }: Matrix, first: number, count: number): Float32Array {
  return data.subarray(first * columns, (first + count) * columns);
}
