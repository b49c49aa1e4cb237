/**
 * Closed forms for linear Gaussian models, in float64 and by textbook formulas, for comparison only:
 *
 *   p(z) = N(0, I), p(x | z) = N(zW + b, diag(σ²))    so p(x) = N(b, WᵀW + diag(σ²))
 *   q(z | x) = N(xA + a, diag(exp(xC + c)))
 *   ELBO(x) = E_q[ln p(x | z)] - KL(q ‖ p), with
 *   E_q (x - zW - b)_d² = (x - mW - b)_d² + Σ_l e^(logVar_l) W_ld²
 */

/** A linear VAE's parameters by the names of the model, `[rows, cols]` row-major. */
export interface LinearParameters {
  readonly "encoder.mean.weight": ArrayLike<number>;
  readonly "encoder.mean.bias": ArrayLike<number>;
  readonly "encoder.logVar.weight": ArrayLike<number>;
  readonly "encoder.logVar.bias": ArrayLike<number>;
  readonly "decoder.mean.weight": ArrayLike<number>;
  readonly "decoder.mean.bias": ArrayLike<number>;
}

/** ln 2π. */
const LN_2PI = Math.log(2 * Math.PI);

/** x · W + b for one row. */
export function affineRow(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
): number[] {
  return Array.from(bias, (start, c) => {
    let sum = start;
    for (let r = 0; r < x.length; r++) sum += x[r] * weight[r * bias.length + c];
    return sum;
  });
}

/** ELBO of one row, nats, the expectation in closed form. */
export function linearElbo(
  x: ArrayLike<number>,
  parameters: LinearParameters,
  variance: (column: number) => number,
  beta = 1,
): number {
  const mean = affineRow(x, parameters["encoder.mean.weight"], parameters["encoder.mean.bias"]);
  const logVar = affineRow(
    x,
    parameters["encoder.logVar.weight"],
    parameters["encoder.logVar.bias"],
  );
  const weight = parameters["decoder.mean.weight"];
  const centre = affineRow(mean, weight, parameters["decoder.mean.bias"]);
  let sum = 0;
  centre.forEach((value, d) => {
    let square = (x[d] - value) ** 2;
    logVar.forEach((l, j) => square += Math.exp(l) * weight[j * centre.length + d] ** 2);
    sum -= 0.5 * (LN_2PI + Math.log(variance(d)) + square / variance(d));
  });
  mean.forEach((m, j) => sum -= beta * 0.5 * (m * m + Math.exp(logVar[j]) - logVar[j] - 1));
  return sum;
}

/** WᵀW + σ²I, `[D, D]`, for W `[L, D]`: the covariance of p(x). */
export function marginalCovariance(
  weight: ArrayLike<number>,
  columns: number,
  variance: number,
): Float64Array {
  const covariance = new Float64Array(columns * columns);
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = i === j ? variance : 0;
      for (let l = 0; l < weight.length / columns; l++) {
        sum += weight[l * columns + i] * weight[l * columns + j];
      }
      covariance[i * columns + j] = sum;
    }
  }
  return covariance;
}

/** ln N(x; centre, covariance), by the Cholesky factor of the covariance. */
export function gaussianLogDensity(
  x: ArrayLike<number>,
  centre: ArrayLike<number>,
  covariance: Float64Array,
): number {
  const n = x.length, factor = cholesky(covariance, n);
  const whitened = new Float64Array(n);
  let sum = n * LN_2PI;
  for (let i = 0; i < n; i++) {
    let value = x[i] - centre[i];
    for (let j = 0; j < i; j++) value -= factor[i * n + j] * whitened[j];
    whitened[i] = value / factor[i * n + i];
    sum += whitened[i] ** 2 + 2 * Math.log(factor[i * n + i]);
  }
  return -0.5 * sum;
}

/** The lower triangular L with L Lᵀ = matrix: the textbook's loops, one sum after another. */
export function cholesky(matrix: Float64Array, n: number): Float64Array {
  const factor = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j];
      for (let k = 0; k < j; k++) sum -= factor[i * n + k] * factor[j * n + k];
      factor[i * n + j] = i === j ? Math.sqrt(sum) : sum / factor[j * n + j];
    }
  }
  return factor;
}
