/**
 * Factor analysis and probabilistic PCA by EM, exact at every step. The result is an ordinary model, a linear VAE whose
 * ELBO is the log-likelihood (`linear_vae.ts`), which can be scored, saved, sampled and evaluated like any other.
 *
 *   x = W z + μ + ε,  z ~ N(0, I_L),  ε ~ N(0, σ² I) ("shared": pPCA) or N(0, diag(ψ)) ("perFeature")
 *
 * The likelihood never falls (Dempster, Laird and Rubin, 1977). For pPCA every maximum is global, and random starts
 * avoid the saddle points (Tipping and Bishop, 1999); the columns of W approach the principal axes like a power
 * iteration, by λ_{L+1}/λ_L per step. Factor analysis can have several maxima. There is no learning rate, but the data
 * must fit into one `[D, D]` covariance.
 */
import { portableExp } from "../../core/portable.ts";
import { HostRandom } from "../../core/random/philox.ts";
import { LOG_VARIANCE } from "../../core/stable.ts";
import { STREAMS } from "../../core/random/streams.ts";
import { requireNumber } from "../../core/validate.ts";
import { splitDevice } from "../../trained/device_options.ts";
import { type Matrix, requireFloatRows, type Rows, toMatrix } from "../../trained/rows/matrix.ts";
import { withPauses } from "../../trained/pauser.ts";
import { runWithPauses } from "../../trained/steps.ts";
import { VAE } from "../vae.ts";
import { linearVaeParameters } from "./linear_vae.ts";
import {
  type EmSettings,
  type FactorAnalysisOptions,
  MAX_COLUMNS,
  MIN_VARIANCE,
  parseEmOptions,
} from "./em_options.ts";
import { expectation, type Factors, maximization } from "./em_step.ts";
import { type Moments, momentSteps } from "./moments.ts";

export type { FactorAnalysisOptions } from "./em_options.ts";

/** A fitted linear Gaussian model. */
export interface FactorAnalysis {
  /** The linear VAE: its ELBO is its log-likelihood. */
  readonly model: VAE;
  /** Mean ln p(x) of the rows, nats per row, at the start and after each step. */
  readonly logLikelihood: readonly number[];
  /** Steps taken. */
  readonly iterations: number;
  /** Whether the last step gained less than the tolerance. */
  readonly converged: boolean;
}

/** The default minimum variance, as a share of the columns' mean variance: far above the rounding of float32. */
const FLOOR_SHARE = 1e-6;

/**
 * Fits by EM.
 * @throws TypeError or RangeError naming the option, row or column that cannot be used; the signal's
 *   reason if it is aborted
 */
export async function factorAnalysis(
  rows: Rows,
  options: FactorAnalysisOptions,
): Promise<FactorAnalysis> {
  const settings = parseEmOptions(options);
  const [device, { columns, onProgress, signal, minVariance }] = splitDevice(options);
  const { latent, noise, seed } = settings;
  const matrix = toMatrix(rows, columnsOf(rows));
  requireSize(matrix, latent);
  signal?.throwIfAborted();
  const moments = await withPauses(signal, (pause) => runWithPauses(momentSteps(matrix), pause));
  const floor = minVariance ?? defaultFloor(moments);
  requireVariance(moments, floor);
  const model = VAE.create({
    inputs: matrix.shape[1],
    ...(columns && { columns }),
    latent: [{ size: latent }],
    likelihood: { type: "gaussian", variance: noise, minVariance: floor },
  }, { seed, ...device });
  try {
    const { factors, ...history } = await withPauses(
      signal,
      (pause) => maximize(moments, settings, floor, pause, onProgress),
    );
    model.setParameters(linearVaeParameters(moments.mean, factors, latent, noise));
    return { model, ...history };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

async function maximize(
  { covariance }: Moments,
  { latent, noise, iterations, tolerance, seed }: EmSettings,
  floor: number,
  pause: () => Promise<void>,
  onProgress: FactorAnalysisOptions["onProgress"],
) {
  let factors = start(covariance, latent, noise, floor, seed);
  let posterior = expectation(covariance, factors, latent);
  const logLikelihood = [posterior.logLikelihood];
  let converged = false;
  for (let iteration = 1; iteration <= iterations && !converged; iteration++) {
    factors = maximization(covariance, posterior, noise, floor);
    posterior = expectation(covariance, factors, latent);
    converged = posterior.logLikelihood - logLikelihood[iteration - 1] < tolerance;
    logLikelihood.push(posterior.logLikelihood);
    onProgress?.({ iteration, logLikelihood: posterior.logLikelihood });
    await pause();
  }
  return { factors, logLikelihood, iterations: logLikelihood.length - 1, converged };
}

/** Starts with half of each column's variance in random factors, and half in the noise. */
function start(
  covariance: Float64Array,
  latent: number,
  noise: "shared" | "perFeature",
  floor: number,
  seed: number,
): Factors {
  const random = new HostRandom(seed, 0, STREAMS.initialization);
  const half = diagonalOf(covariance).map((variance) => variance / 2);
  const mean = half.reduce((sum, each) => sum + each, 0) / half.length;
  const loadings = Float64Array.from({ length: half.length * latent }, (_, i) => {
    return Math.sqrt(3 * half[Math.floor(i / latent)] / latent) * (2 * random.uniformF64() - 1);
  });
  const variances = half.map((variance) => Math.max(floor, noise === "shared" ? mean : variance));
  return { loadings, variances };
}

/** The number of columns, from the rows themselves. */
function columnsOf(rows: Rows): number {
  if (!Array.isArray(rows)) return requireFloatRows(rows).shape[1];
  return (rows[0] as ArrayLike<number> | undefined)?.length ?? 0;
}

function requireSize({ shape: [rows, columns] }: Matrix, latent: number): void {
  requireNumber("columns", columns, { min: 2, max: MAX_COLUMNS });
  if (rows < 2) {
    throw new RangeError(
      `Cannot fit factors: needs at least 2 rows, got ${rows}`,
    );
  }
  if (latent < columns) return;
  throw new RangeError(
    `Cannot fit factors: latent must be less than the ${columns} columns, got ${latent}`,
  );
}

function defaultFloor({ covariance, mean: { length } }: Moments): number {
  const total = diagonalOf(covariance).reduce((sum, variance) => sum + variance, 0);
  return Math.max(MIN_VARIANCE, FLOOR_SHARE * total / length);
}

/** Requires some variance, and none above what a model file can hold. */
function requireVariance({ covariance }: Moments, floor: number): void {
  const variances = diagonalOf(covariance), limit = portableExp(LOG_VARIANCE.high);
  const tooLarge = variances.findIndex((variance) => !(variance <= limit));
  if (tooLarge >= 0) {
    throw new RangeError(
      `Cannot fit factors: the variance of column ${tooLarge + 1} must be at most ${limit}, got ${
        variances[tooLarge]
      }: standardise the columns`,
    );
  }
  if (variances.some((variance) => variance > floor)) return;
  throw new RangeError(
    `Cannot fit factors: a column must vary by more than ${floor}: the largest variance is ${
      Math.max(...variances)
    }`,
  );
}

function diagonalOf(matrix: Float64Array): Float64Array {
  const n = Math.sqrt(matrix.length);
  return Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]);
}
