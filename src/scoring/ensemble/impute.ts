/**
 * Features that are missing, filled in from those that are there in two ways. A row is as strange as the more ordinary
 * of the two has it (`ensemble.ts`): neither is the value that is missing, and that may well have been ordinary.
 *
 * By the linear regression: the conditional mean of a Gaussian with the inverse covariance P. Coordinate descent on
 * x P xᵀ over the missing features,
 *
 *   x_f ← x_f - (x P)_f / P_ff,
 *
 * comes to it without a matrix to invert for each pattern of missing cells. With W = P diag(P)^(-½), as
 * `detection/ensemble/linear.ts` has it, (x P)_f / P_ff = (x W)_f / W_ff. Where columns hang together otherwise than
 * linearly, such as the two of a circle, no row may ever have been there.
 *
 * With the deviations from that mean of the reference that is nearest in what is there: a local residual draw (Morris,
 * White and Royston, "Tuning multiple imputation by predictive mean matching and local residual draws", 2014). Such a
 * row deviates as rows do, and is measured as a whole one.
 */
import type { References } from "./neighbours.ts";

type Values = Float32Array | Float64Array;

/** Sweeps over the missing features: more move nothing that a score would show. */
const SWEEPS = 8;

/**
 * Fills the row that starts at `at`, in place.
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

/** Adds to what `imputeRow` filled in the deviations from it of the reference that is nearest in what is there. */
export function deviateAsNearest(
  x: Values,
  observed: Uint8Array,
  at: number,
  { rows, features }: References,
  weight: Float32Array,
): void {
  let nearest = 0, least = Infinity;
  for (let from = 0; from < rows.length; from += features) {
    let square = 0;
    for (let f = 0; f < features && square < least; f++) {
      if (observed[at + f] === 1) square += (x[at + f] - rows[from + f]) ** 2;
    }
    if (square < least) [nearest, least] = [from, square];
  }
  const reference = rows.subarray(nearest, nearest + features), expected = reference.slice();
  const there = observed.subarray(at, at + features);
  for (let f = 0; f < features; f++) if (there[f] === 0) expected[f] = 0;
  imputeRow(expected, there, 0, features, weight);
  for (let f = 0; f < features; f++) if (there[f] === 0) x[at + f] += reference[f] - expected[f];
}
