/**
 * Features that are missing, as the linear regression on those that are there has them: the conditional
 * mean of a Gaussian with the inverse covariance P. Coordinate descent on x P x ᵀ over the missing features,
 *
 *   x_f ← x_f - (x P)_f / P_ff,
 *
 * comes to it without a matrix to invert for each pattern of missing cells. With W = P diag(P)^(-½), as
 * `detection/ensemble/linear.ts` has it, (x P)_f / P_ff = (x W)_f / W_ff.
 */

/** Sweeps over the missing features: more move nothing that a score would show. */
const SWEEPS = 8;

/**
 * Fills the row that starts at `at`, in place.
 * @param weight W, `[F, F]`
 */
export function imputeRow(
  x: Float32Array | Float64Array,
  observed: Uint8Array,
  at: number,
  features: number,
  weight: Float32Array,
): void {
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let f = 0; f < features; f++) {
      if (observed[at + f] === 1) continue;
      let residual = 0;
      for (let d = 0; d < features; d++) residual += x[at + d] * weight[d * features + f];
      x[at + f] = Math.fround(x[at + f] - residual / weight[f * features + f]);
    }
  }
}
