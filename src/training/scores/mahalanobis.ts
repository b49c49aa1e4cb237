/**
 * Squared Mahalanobis distance in the latent space: (m - μ)ᵀ (Σ + 0.01 I)⁻¹ (m - μ) for m = E[z | x], μ and Σ the mean
 * and covariance of m over reference rows (Lee et al., 2018, for the features of a classifier). The ridge is the
 * variance below which a dimension counts as unused, so that unused dimensions do not dominate.
 */
import { cholesky, solveRows } from "../../core/algebra/cholesky.ts";
import type { NamedScore } from "./score.ts";

const UNUSED_VARIANCE = 0.01;

export const mahalanobis: NamedScore = {
  needsReference: true,
  of(model, x, _settings, reference) {
    const { data: referenceMeans, shape: [count, size] } = model.posterior(reference).mean;
    const centre = new Float64Array(size), covariance = new Float64Array(size * size);
    referenceMeans.forEach((value, i) => centre[i % size] += value / count);
    for (let r = 0; r < count; r++) {
      for (let i = 0; i < size * size; i++) {
        const [a, b] = [Math.floor(i / size), i % size];
        covariance[i] += (referenceMeans[r * size + a] - centre[a]) *
          (referenceMeans[r * size + b] - centre[b]) /
          count;
      }
    }
    for (let a = 0; a < size; a++) covariance[a * (size + 1)] += UNUSED_VARIANCE;
    const factor = cholesky(covariance, size), { data, shape: [rows] } = model.posterior(x).mean;
    const deviations = Float64Array.from(data, (value, i) => value - centre[i % size]);
    const solved = deviations.slice();
    solveRows(factor, size, solved);
    const distances = new Float64Array(rows);
    solved.forEach((value, i) => distances[Math.floor(i / size)] += value * deviations[i]);
    return distances;
  },
};
