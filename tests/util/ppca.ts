/**
 * Probabilistic PCA in closed form (Tipping and Bishop, 1999), from the eigenvalues l_1 ≥ l_2 … of the (1/N)
 * covariance: σ² is the mean of those after the q-th, and the mean log-likelihood of the rows is
 *
 *   -½ (D ln 2π + Σ_{i≤q} ln l_i + (D - q) ln σ² + D)
 */

/** The (1/N) covariance of rows, `[D, D]`, in two passes. */
export function covarianceOf(rows: readonly ArrayLike<number>[]): Float64Array {
  const columns = rows[0].length;
  const mean = Array.from(
    rows[0],
    (_, d) => rows.reduce((sum, row) => sum + row[d], 0) / rows.length,
  );
  const covariance = new Float64Array(columns * columns);
  for (const row of rows) {
    for (let i = 0; i < columns; i++) {
      for (let j = 0; j < columns; j++) {
        covariance[i * columns + j] += (row[i] - mean[i]) * (row[j] - mean[j]) / rows.length;
      }
    }
  }
  return covariance;
}

/** σ² and the mean ln p(x) of the rows, nats, for q = `latent`. */
export function ppcaMaximum(
  eigenvalues: Float64Array,
  latent: number,
): { readonly variance: number; readonly logLikelihood: number } {
  const columns = eigenvalues.length, rest = eigenvalues.subarray(latent);
  const variance = rest.reduce((sum, value) => sum + value, 0) / rest.length;
  const kept = eigenvalues.subarray(0, latent).reduce((sum, value) => sum + Math.log(value), 0);
  const perDimension = columns * Math.log(2 * Math.PI) + columns;
  return {
    variance,
    logLikelihood: -0.5 * (perDimension + kept + rest.length * Math.log(variance)),
  };
}
