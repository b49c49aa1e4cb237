/** Statistics of the training rows of one view, from models that have not seen the rows. */
import { imputeRow } from "../../scoring/ensemble/impute.ts";
import { LEAST_NATS, LevelOdds } from "../../scoring/ensemble/level_odds.ts";
import type { Projection } from "../../scoring/views/projector.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { Steps } from "../../trained/steps.ts";
import type { Feature } from "../../scoring/views/view.ts";
import { CovarianceSums, linearResiduals, linearStatistic, piecesOfRows } from "./linear.ts";

/** Fills missing features by the regression on the others. */
export function* imputed({ x, observed }: Projection): Steps<Projection> {
  const [rows, features] = x.shape;
  if (!observed.includes(0)) return { x, observed };
  const all = Uint32Array.from({ length: rows }, (_, r) => r);
  const moments = yield* new CovarianceSums(features).adding(x, all);
  const weight = yield* linearResiduals(moments.covariance(), features);
  for (const piece of piecesOfRows(all, features)) {
    for (const row of piece) imputeRow(x.data, observed, row * features, features, weight);
    yield;
  }
  return { x, observed };
}

/** For every row, the squared residuals of the regression fitted to the other folds. */
export function linearOutOfFold(
  { x, observed }: Projection,
  folds: readonly Uint32Array[],
  moments: CovarianceSums,
): Steps<Float64Array> {
  const features = x.shape[1];
  return outOfFold(
    x,
    folds,
    moments,
    (weight) => (row) => linearStatistic(x, row, weight, observed, features),
  );
}

/** For every row, how badly its levels fit its other cells by the regression fitted to the other folds, nats. */
export function levelsOutOfFold(
  { x, observed }: Projection,
  { features, folds, moments }: {
    readonly features: readonly Feature[];
    readonly folds: readonly Uint32Array[];
    readonly moments: CovarianceSums;
  },
): Steps<Float64Array> {
  const width = features.length;
  const share = new Float64Array(width), residuals = new Float64Array(width);
  return outOfFold(x, folds, moments, (weight) => {
    const odds = new LevelOdds(features, weight);
    return (row) => {
      const at = row * width, own = x.data.subarray(at, at + width);
      features.forEach(({ transform }, f) => {
        if (transform.kind !== "point") return;
        residuals[f] = own.reduce((sum, value, d) => sum + value * weight[d * width + f], 0);
      });
      odds.write(own, residuals, 0, share);
      return share.reduce((sum, nats, f) => sum + nats * observed[at + f], LEAST_NATS);
    };
  });
}

/** For every row, a statistic of the regression fitted to the other folds. */
function* outOfFold(
  x: Matrix,
  folds: readonly Uint32Array[],
  moments: CovarianceSums,
  statisticOf: (weight: Float32Array) => (row: number) => number,
): Steps<Float64Array> {
  const [rows, features] = x.shape, values = new Float64Array(rows);
  for (const fold of folds) {
    if (folds.length > 1) yield* moments.adding(x, fold, -1);
    const statistic = statisticOf(yield* linearResiduals(moments.covariance(), features));
    for (const piece of piecesOfRows(fold, features)) {
      for (const row of piece) values[row] = statistic(row);
      yield;
    }
    if (folds.length > 1) yield* moments.adding(x, fold);
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
