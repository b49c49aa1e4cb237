/**
 * The gap between each row's ELBO and its ln p(x), and its causes (Cremer, Li and Duvenaud, "Inference suboptimality in
 * variational autoencoders", 2018), in nats:
 *
 *   ln p(x) - ELBO = (ln p(x) - ELBO*)  +  (ELBO* - ELBO)
 *                     approximation gap     amortisation gap
 *
 * ELBO* is that of the best diagonal Gaussian for the row alone (`refine.ts`). Both bounds are means of ln w over the
 * same draws, and the better one counts, so no amortisation gap is negative. ln p(x) is importance-sampled from the
 * better q, so it is biased low, and so is the approximation gap.
 */
import type { SyncProgram } from "../../backends/backend.ts";
import { requireNumber, requireObject } from "../../core/validate.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { evaluationSteps } from "../../trained/calls/evaluation.ts";
import { type Matrix, rowsOf } from "../../trained/rows/matrix.ts";
import type { OnHost } from "../../trained/on_host.ts";
import type { RowEvaluation } from "../../trained/calls/row_sums.ts";
import { runSync, type Steps } from "../../trained/steps.ts";
import { givenPosteriorPlan, refineSteps, type RowGaussians } from "./refine.ts";

/** Options for refining and measuring. */
export interface GapOptions {
  /** Draws of z per row for the bounds and ln p(x). Default: 100. */
  readonly samples?: number;
  /** Adam steps per row, at least 1. Default: 200. */
  readonly steps?: number;
  /** Draws of z per row and step. Default: 4. */
  readonly stepSamples?: number;
  /** Initial learning rate. Default: 0.05. */
  readonly learningRate?: number;
  /** Fixes the draws. Default: 0. */
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
  /** The gap due to the family of q. */
  readonly approximation: Float64Array;
  /** The gap due to the encoder, ≥ 0. */
  readonly amortisation: Float64Array;
}

type Model = Pick<OnHost, "spec" | "parameters" | "compile" | "posterior">;

/** @throws RangeError if q(z | x) is not one diagonal Gaussian */
export function gapsOf(model: Model, x: Matrix, options: GapOptions): Gaps {
  return runSync(gapSteps(model, x, options));
}

/**
 * `gapsOf` in steps of one run each.
 * @param sameDraws whether all rows use the same draws, as in scoring: `trained/calls/evaluation.ts`
 * @throws RangeError if q(z | x) is not one diagonal Gaussian
 */
export function* gapSteps(
  model: Model,
  x: Matrix,
  options: GapOptions,
  { sameDraws = false } = {},
): Steps<Gaps> {
  const settings = { ...parse(options), sameDraws };
  requireDiagonal(model.spec);
  const start = model.posterior(x);
  const refined = yield* refineSteps(model, x, start, settings);
  const amortised = yield* evaluateUnder(model, x, start, settings);
  const refinedEvaluation = yield* evaluateUnder(model, x, refined, settings);
  const isBetter = refinedEvaluation.elbo.map((elbo, r) => Number(elbo >= amortised.elbo[r]));
  const bestOf = (of: (each: RowEvaluation) => Float64Array) =>
    of(amortised).map((value, r) => isBetter[r] ? of(refinedEvaluation)[r] : value);
  const refinedElbo = bestOf(({ elbo }) => elbo);
  const logLikelihood = bestOf((each) => each.logLikelihood);
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
  const countLimits = { min: 1, max: 1e6, integer: true };
  return {
    samples: requireNumber("samples", samples, countLimits),
    steps: requireNumber("steps", steps, countLimits),
    stepSamples: requireNumber("stepSamples", stepSamples, { ...countLimits, max: 1024 }),
    learningRate: requireNumber("learningRate", learningRate, { above: 0, max: 10 }),
    seed: requireNumber("seed", seed, { integer: true }),
  };
}

/** Why q(z | x) cannot be refined row by row; undefined if it can. */
export function notRefinableReason({ latent: [layer, ...above], classifier }: ModelSpec) {
  if (classifier) return "its class may be missing";
  if (above.length > 0) return "it has several layers";
  if (layer.type !== "gaussian") return `it is ${layer.type}`;
  if (layer.posterior !== "diagonal") return "its covariance is full";
  return layer.flows.length > 0 ? "it has flows" : undefined;
}

function requireDiagonal(spec: ModelSpec): void {
  const reason = notRefinableReason(spec);
  if (reason === undefined) return;
  throw new RangeError(
    `Cannot refine q(z | x): it must be one diagonal Gaussian layer without flows: ${reason}`,
  );
}

/** Like `evaluate`, with a given q for each row. */
function* evaluateUnder(
  model: Model,
  x: Matrix,
  q: RowGaussians,
  { samples, seed, sameDraws }: Settings,
): Steps<RowEvaluation> {
  let program: SyncProgram | undefined;
  const compile = (capacity: number, samples: number) =>
    program ??= model.compile(givenPosteriorPlan(model, { capacity, samples, forGradient: false }));
  try {
    const options = { samples, seed, sameDraws };
    return yield* evaluationSteps(x, options, compile, (program, first, count) => {
      program.write("mean", rowsOf(q.mean, first, count));
      program.write("logVar", rowsOf(q.logVar, first, count));
    });
  } finally {
    program?.dispose();
  }
}
