/**
 * Two scores from the principal components of the training rows. λ_k, e_k: eigenvalues and eigenvectors of the
 * covariance.
 *
 *   mahalanobis   Σ_k (e_k · (x - μ))² / λ_k: the squared distance in units of the spread in each
 *                 direction; under a normal distribution, -2 ln p(x) up to a constant
 *   pca           Σ_k ‖x - e_k‖ / (λ_k / Σ λ): PyOD's score, whose published results it reproduces
 *
 * Sources: Mahalanobis, 1936; Shyu et al., "A novel anomaly detection scheme based on principal component classifier",
 * 2003; PyOD's `pca.py`, which measures the distance of a row to the tips of the unit vectors e_k. That is mostly ‖x‖,
 * since the weights are largest where the variance is smallest. No library is needed: `core/algebra/symmetric_eigen.ts`
 * exists anyway. Rows are standardised. Eigenvalues below 10⁻⁶ of their mean are rounding errors (duplicate and
 * constant columns) and are raised to that.
 */
import { symmetricEigen } from "../../core/algebra/symmetric_eigen.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import { runSync } from "../../trained/steps.ts";
import { momentSteps } from "../../training/em/moments.ts";
import type { Baseline, RowScores } from "./baseline.ts";

/** Floor of the eigenvalues, as a share of their mean: float32 cells resolve no smaller spread. */
const MIN_VARIANCE_SHARE = 1e-6;

interface Components {
  readonly mean: Float64Array;
  /** λ_k, largest first, with the floor applied. */
  readonly variances: Float64Array;
  /** e_k, one per row. */
  readonly vectors: Float64Array;
}

/** Squared Mahalanobis distance from the mean of the training rows. */
export function mahalanobis(): Baseline {
  return (training) => {
    const { mean, variances, vectors } = componentsOf(training);
    const width = mean.length;
    return eachRow(width, (row) => {
      let sum = 0;
      for (let k = 0; k < width; k++) {
        let projection = 0;
        for (let c = 0; c < width; c++) projection += vectors[k * width + c] * (row[c] - mean[c]);
        sum += projection * projection / variances[k];
      }
      return sum;
    });
  };
}

/** PyOD's weighted sum of distances. */
export function pca(): Baseline {
  return (training) => {
    const { variances, vectors } = componentsOf(training);
    const width = variances.length;
    const total = variances.reduce((sum, each) => sum + each, 0);
    return eachRow(width, (row) => {
      let norm = 0, sum = 0;
      for (let c = 0; c < width; c++) norm += row[c] * row[c];
      for (let k = 0; k < width; k++) {
        let projection = 0;
        for (let c = 0; c < width; c++) projection += vectors[k * width + c] * row[c];
        sum += Math.sqrt(Math.max(0, norm + 1 - 2 * projection)) * total / variances[k];
      }
      return sum;
    });
  };
}

function componentsOf(training: Matrix): Components {
  const width = training.shape[1];
  const { mean, covariance } = runSync(momentSteps(training));
  const { values, vectors } = symmetricEigen(covariance, width);
  orient(vectors, mean, training);
  const floor = MIN_VARIANCE_SHARE * values.reduce((sum, each) => sum + Math.max(0, each), 0) /
    width;
  return { mean, vectors, variances: values.map((each) => Math.max(each, floor) || 1) };
}

/**
 * Fixes the sign of the eigenvectors, which is arbitrary but changes ‖x - e_k‖: each points to the side of the training
 * row that lies farthest along it, as in scikit-learn.
 */
function orient(
  vectors: Float64Array,
  mean: Float64Array,
  { data, shape: [rows, width] }: Matrix,
): void {
  for (let k = 0; k < vectors.length; k += width) {
    let largest = 0;
    for (let r = 0; r < rows; r++) {
      let projection = 0;
      for (let c = 0; c < width; c++) {
        projection += vectors[k + c] * (data[r * width + c] - mean[c]);
      }
      if (Math.abs(projection) > Math.abs(largest)) largest = projection;
    }
    if (largest < 0) { for (let c = 0; c < width; c++) vectors[k + c] *= -1; }
  }
}

function eachRow(width: number, score: (row: Float32Array) => number): RowScores {
  return ({ data, shape: [rows] }) =>
    Float64Array.from({ length: rows }, (_, r) => score(data.subarray(r * width, (r + 1) * width)));
}
