/** Statistics of the training rows of one view, from models that have not seen the rows. */
import { imputeRow } from "../../scoring/ensemble/impute.ts";
import type { Projection } from "../../scoring/views/projector.ts";
import { CovarianceSums, linearResiduals, linearStatistic } from "./linear.ts";

/** Fills missing features by the regression on the others. */
export function imputed({ x, observed }: Projection): Projection {
  const [rows, features] = x.shape;
  if (!observed.includes(0)) return { x, observed };
  const all = Uint32Array.from({ length: rows }, (_, r) => r);
  const weight = linearResiduals(new CovarianceSums(features).add(x, all).covariance(), features);
  for (let r = 0; r < rows; r++) imputeRow(x.data, observed, r * features, features, weight);
  return { x, observed };
}

/** For every row, the squared residuals of the regression fitted to the other folds. */
export function linearOutOfFold(
  { x, observed }: Projection,
  folds: readonly Uint32Array[],
  moments: CovarianceSums,
): Float64Array {
  const [rows, features] = x.shape;
  const values = new Float64Array(rows);
  for (const fold of folds) {
    if (folds.length > 1) moments.add(x, fold, -1);
    const weight = linearResiduals(moments.covariance(), features);
    for (const row of fold) values[row] = linearStatistic(x, row, weight, observed, features);
    if (folds.length > 1) moments.add(x, fold);
  }
  return values;
}

/** For every row, ‖x‖², scaled up for missing features. */
export function normsOf({ x: { data, shape: [rows, width] }, observed }: Projection): Float64Array {
  return Float64Array.from({ length: rows }, (_, r) => {
    let sum = 0, observedCount = 0;
    for (let i = r * width; i < (r + 1) * width; i++) {
      sum += data[i] * data[i];
      observedCount += observed[i];
    }
    return sum * width / Math.max(1, observedCount);
  });
}
