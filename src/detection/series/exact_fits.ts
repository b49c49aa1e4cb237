/**
 * Probabilistic PCA of the windows of a series, with as many components as leave at most 5 % of the variance of windows
 * about their own means,
 *
 *   tr C - Σ_(l ≤ L) λ_l ≤ 0.05 (tr C - Σ_c 1/w Σ_(i, j of column c) C_ij)
 *
 * C the covariance of windows of w steps. The variance of the windows' levels is excluded on the right-hand side: in a
 * series whose level has shifted once, nearly all variance is in the level, and a single component would seem enough.
 * Cells are first divided by the deviation of their column's noise (`column_noise.ts`).
 */
import { HostRandom } from "../../core/random/philox.ts";
import { STREAMS } from "../../core/random/streams.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import { linearVaeParameters } from "../../training/em/linear_vae.ts";
import { runSync } from "../../trained/steps.ts";
import { momentSteps } from "../../training/em/moments.ts";
import { principalFactors } from "../../training/em/principal_factors.ts";
import { MIN_VARIANCE } from "../defaults.ts";
import {
  columnNoise,
  dividedBy,
  inUnits,
  residualVariances,
  type ScaledFactors,
} from "./column_noise.ts";
import { type OldWindows, pooled } from "./old_windows.ts";

/** Maximum number of components; also at most half the cells or half the windows. */
const MAX_LATENT = 64;

/** The share of the variance about the windows' means that components may leave. */
const MAX_RESIDUAL_SHARE = 0.05;

/** How often the noise of the columns is taken from a fit, and the fit repeated. */
const NOISE_ROUNDS = 3;

/** Cells per window, steps per window, number of windows, the seed, and what is known already. */
export interface WindowsShape {
  readonly width: number;
  readonly window: number;
  readonly windows: number;
  readonly seed: number;
  /** Counted with the windows of every fit. */
  readonly old?: OldWindows;
}

/**
 * Fits repeatedly, each time starting from the axes of the first fit, with a given number of components or as many as
 * needed. The first fit decides the noise of the columns relative to each other.
 */
export function exactFitter({ width, window, windows, seed, old }: WindowsShape) {
  const maxLatent = Math.min(MAX_LATENT, width >> 1, windows >> 1), columns = width / window;
  let noise: Float64Array = new Float64Array(columns).fill(1), axes: Float64Array | undefined;
  const solve = (covariance: Float64Array, latent: number | undefined): ScaledFactors => {
    const deviations = Float64Array.from(
      { length: width },
      (_, d) => Math.sqrt(noise[d % columns]),
    );
    const scaled = dividedBy(covariance, deviations);
    const solved = principalFactors({ mean: deviations, covariance: scaled }, {
      maxLatent: latent ?? maxLatent,
      ...(latent === undefined &&
        { maxResidual: MAX_RESIDUAL_SHARE * varianceAboutMeans(scaled, width, window) }),
      floor: MIN_VARIANCE,
      random: new HostRandom(seed, 0, STREAMS.initialization),
      guess: axes,
    });
    axes ??= solved.axes;
    return { latent: solved.latent, factors: inUnits(solved, deviations) };
  };
  let isFirst = true;
  return (rows: Matrix, latent?: number) => {
    const moments = runSync(momentSteps(rows));
    const { mean, covariance } = old ? pooled(old, moments) : moments;
    let solved = solve(covariance, latent);
    for (let round = 0; isFirst && columns > 1 && round < NOISE_ROUNDS; round++) {
      noise = columnNoise(residualVariances(covariance, solved, columns));
      axes = undefined;
      solved = solve(covariance, latent);
    }
    isFirst = false;
    const parameters = linearVaeParameters(mean, solved.factors, solved.latent, "perFeature");
    return { latent: solved.latent, parameters };
  };
}

/** The total variance of windows about their own means, computed per column. */
export function varianceAboutMeans(
  covariance: Float64Array,
  width: number,
  window: number,
): number {
  const columns = width / window;
  let sum = 0;
  for (let i = 0; i < width; i++) {
    sum += covariance[i * width + i];
    for (let j = i % columns; j < width; j += columns) sum -= covariance[i * width + j] / window;
  }
  return sum;
}
