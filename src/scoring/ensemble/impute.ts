/**
 * Imputes missing features from the observed ones, in two ways. The lower of the two scores counts (`ensemble.ts`):
 * neither result is the true value, which may well have been ordinary.
 *
 * 1. Linear regression: the conditional mean of a Gaussian with inverse covariance P. Coordinate descent on x P xᵀ
 * over the missing features,
 *
 *   x_f ← x_f - (x P)_f / P_ff,
 *
 * finds it without inverting a matrix for each pattern of missing cells. With W = P diag(P)^(-½), as in
 * `detection/ensemble/linear.ts`, (x P)_f / P_ff = (x W)_f / W_ff. If columns depend on each other non-linearly, like
 * the coordinates of a circle, the result may lie where no training row does.
 *
 * 2. The same mean plus the residuals of the nearest reference, nearest in the observed features: a local residual
 * draw (Morris, White and Royston, "Tuning multiple imputation by predictive mean matching and local residual draws",
 * 2014). Such a row deviates as real rows do, and is measured as a whole row.
 */
import type { References } from "./neighbours.ts";

type Values = Float32Array | Float64Array;

/** Sweeps over the missing features. More sweeps do not change a score visibly. */
const SWEEPS = 8;

/**
 * Imputes the row that starts at `at` by linear regression, in place.
 * @param weight W, `[F, F]`
 */
export function imputeRow(
  x: Values,
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

/** Adds the residuals of the nearest reference, nearest in the observed features, to what `imputeRow` filled in. */
export function imputeFromNearest(
  x: Values,
  observed: Uint8Array,
  at: number,
  { rows, features }: References,
  weight: Float32Array,
): void {
  let nearest = 0, minSquare = Infinity;
  for (let from = 0; from < rows.length; from += features) {
    let square = 0;
    for (let f = 0; f < features && square < minSquare; f++) {
      if (observed[at + f] === 1) square += (x[at + f] - rows[from + f]) ** 2;
    }
    if (square < minSquare) [nearest, minSquare] = [from, square];
  }
  const reference = rows.subarray(nearest, nearest + features), expected = reference.slice();
  const observedHere = observed.subarray(at, at + features);
  for (let f = 0; f < features; f++) if (observedHere[f] === 0) expected[f] = 0;
  imputeRow(expected, observedHere, 0, features, weight);
  for (let f = 0; f < features; f++) {
    if (observedHere[f] === 0) x[at + f] += reference[f] - expected[f];
  }
}
