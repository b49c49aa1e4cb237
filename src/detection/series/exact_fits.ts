/**
 * Probabilistic PCA of the windows of a series, and how many components it has: as many as leave 5 % of the variance
 * of windows about their own means,
 *
 *   tr C - Σ_(l ≤ L) λ_l ≤ 0.05 (tr C - Σ_c 1/w Σ_(i, j of column c) C_ij)
 *
 * C the covariance of windows of w steps. The level of a window is left out of what is to be held: a series that has
 * moved once has nearly all its variance there, in one component, and no other would be kept.
 */
import { HostRandom } from "../../core/random/philox.ts";
import { STREAMS } from "../../core/random/streams.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import { linearVaeParameters } from "../../training/em/as_vae.ts";
import { momentsNow } from "../../training/em/moments.ts";
import { principalFactors } from "../../training/em/principal_factors.ts";
import { MIN_VARIANCE } from "../defaults.ts";

/** Components: at most, and no more than half the cells or half the windows. */
const MAX_LATENT = 64;

/** The share of the variance about windows' means that components may leave. */
const LEFT = 0.05;

/** Cells of a window, its steps, how many windows there are, and the seed. */
export interface WindowsShape {
  readonly width: number;
  readonly window: number;
  readonly windows: number;
  readonly seed: number;
}

/** Fits one after the other, each starting at the axes of the first; with so many components, or as many as it takes. */
export function exactFits({ width, window, windows, seed }: WindowsShape) {
  const most = Math.min(MAX_LATENT, width >> 1, windows >> 1);
  let near: Float64Array | undefined;
  return (rows: Matrix, latent?: number) => {
    const moments = momentsNow(rows);
    const solved = principalFactors(moments, {
      most: latent ?? most,
      ...(latent === undefined && { left: LEFT * aboutMeans(moments.covariance, width, window) }),
      floor: MIN_VARIANCE,
      random: new HostRandom(seed, 0, STREAMS.initialization),
      near,
    });
    near ??= solved.axes;
    const parameters = linearVaeParameters(moments.mean, solved.factors, solved.latent, "shared");
    return { latent: solved.latent, parameters };
  };
}

/** The variance of windows about their own means, column by column, in all. */
export function aboutMeans(covariance: Float64Array, width: number, window: number): number {
  const columns = width / window;
  let sum = 0;
  for (let i = 0; i < width; i++) {
    sum += covariance[i * width + i];
    for (let j = i % columns; j < width; j += columns) sum -= covariance[i * width + j] / window;
  }
  return sum;
}
