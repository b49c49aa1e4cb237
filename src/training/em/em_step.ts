/**
 * One EM step for the linear Gaussian model, from the covariance S of the data alone:
 *
 *   z ~ N(0, I),  x | z ~ N(μ + W z, Ψ),  Ψ = diag(ψ), or σ² I for probabilistic PCA
 *
 *   E  B = Ψ⁻¹ W;  P = I + Wᵀ B;  G = P⁻¹;  q(z | x) = p(z | x) = N(Hᵀ (x - μ), G), H = B G
 *      A = S H = E[(x - μ) zᵀ];  C = G + Hᵀ A = E[z zᵀ]
 *   M  W ← A C⁻¹;  r = diag(S - W Aᵀ);  ψ_d ← max(r_d, floor), or σ² ← max(mean r, floor)
 *
 * Sources: Rubin and Thayer, "EM algorithms for ML factor analysis" (1982); Tipping and Bishop, "Probabilistic
 * principal component analysis" (1999), appendix B. The step is the same for both, except for the constraint on Ψ. The
 * floor keeps a variance from going to zero (a Heywood case). The expected log-likelihood falls on both sides of
 * ψ_d = r_d, so the floored value is its maximum over ψ_d ≥ floor, and the likelihood never falls. Only L × L matrices
 * are inverted: D² L multiply-adds per step.
 */
import { portableLog } from "../../core/portable.ts";
import { cholesky, inverse, logDeterminant, solveRows } from "../../core/algebra/cholesky.ts";
import { LN_2PI } from "../../core/stable.ts";

/** W `[D, L]`, row-major, and ψ `[D]`. */
export interface Factors {
  readonly loadings: Float64Array;
  readonly variances: Float64Array;
}

/** The posterior of z given x, and the likelihood of the data, under some factors. */
export interface Posterior {
  /** H `[D, L]`: the posterior mean is Hᵀ (x - μ). */
  readonly weights: Float64Array;
  /** G `[L, L]`, the same for every x. */
  readonly covariance: Float64Array;
  /** A = S H `[D, L]`. */
  readonly cross: Float64Array;
  /** Mean ln p(x) over the data, nats per row. */
  readonly logLikelihood: number;
}

/**
 * The E-step, which also gives the likelihood:
 * mean ln p(x) = -½ (D ln 2π + Σ ln ψ_d + ln |P| + Σ S_dd / ψ_d - Σ (B ∘ A)).
 * @param covariance S `[D, D]`
 */
export function expectation(covariance: Float64Array, factors: Factors, latent: number): Posterior {
  const { variances } = factors;
  const columns = variances.length;
  const scaled = scaledLoadings(factors, latent);
  const factor = cholesky(precision(factors, latent), latent);
  const weights = scaled.slice();
  solveRows(factor, latent, weights);
  const cross = product(covariance, weights, columns, latent);
  let sum = columns * LN_2PI + logDeterminant(factor, latent);
  variances.forEach((variance, d) => {
    sum += portableLog(variance) + covariance[d * columns + d] / variance;
  });
  scaled.forEach((value, i) => sum -= value * cross[i]);
  return { weights, covariance: inverse(factor, latent), cross, logLikelihood: -sum / 2 };
}

/**
 * The M-step.
 * @param noise "shared" for one variance, "perFeature" for one per column
 * @param floor the minimum variance
 */
export function maximization(
  covariance: Float64Array,
  { weights, covariance: posterior, cross }: Posterior,
  noise: "shared" | "perFeature",
  floor: number,
): Factors {
  const latent = Math.sqrt(posterior.length), columns = cross.length / latent;
  const secondMoment = gram(weights, cross, latent).map((value, i) => value + posterior[i]);
  const loadings = cross.slice();
  solveRows(cholesky(secondMoment, latent), latent, loadings);
  const residual = new Float64Array(columns);
  for (let d = 0; d < columns; d++) {
    residual[d] = covariance[d * columns + d];
    for (let l = d * latent; l < (d + 1) * latent; l++) residual[d] -= loadings[l] * cross[l];
  }
  const mean = residual.reduce((sum, value) => sum + value, 0) / columns;
  const variances = residual.map((variance) =>
    Math.max(floor, noise === "shared" ? mean : variance)
  );
  return { loadings, variances };
}

/** B = Ψ⁻¹ W `[D, L]`. */
export function scaledLoadings({ loadings, variances }: Factors, latent: number): Float64Array {
  return loadings.map((value, i) => value / variances[Math.floor(i / latent)]);
}

/** P = I + Wᵀ Ψ⁻¹ W `[L, L]`. */
export function precision(factors: Factors, latent: number): Float64Array {
  const matrix = gram(factors.loadings, scaledLoadings(factors, latent), latent);
  for (let l = 0; l < latent; l++) matrix[l * latent + l] += 1;
  return matrix;
}

/** aᵀ b `[L, L]` of two `[D, L]`. */
function gram(a: Float64Array, b: Float64Array, latent: number): Float64Array {
  const result = new Float64Array(latent * latent);
  for (let d = 0; d < a.length; d += latent) {
    for (let i = 0; i < latent; i++) {
      for (let j = 0; j < latent; j++) result[i * latent + j] += a[d + i] * b[d + j];
    }
  }
  return result;
}

/** S h `[D, L]`, four rows of h at a time, so that each sum is loaded and stored once for four products. */
function product(s: Float64Array, h: Float64Array, columns: number, latent: number): Float64Array {
  const result = new Float64Array(columns * latent), row = new Float64Array(latent);
  for (let i = 0; i < columns; i++) {
    row.fill(0);
    let k = i * columns, from = 0;
    const end = k + columns;
    for (; k + 4 <= end; k += 4, from += 4 * latent) {
      const s0 = s[k], s1 = s[k + 1], s2 = s[k + 2], s3 = s[k + 3];
      const h1 = from + latent, h2 = h1 + latent, h3 = h2 + latent;
      for (let l = 0; l < latent; l++) {
        row[l] += s0 * h[from + l] + s1 * h[h1 + l] + s2 * h[h2 + l] + s3 * h[h3 + l];
      }
    }
    for (; k < end; k++, from += latent) {
      for (let l = 0; l < latent; l++) row[l] += s[k] * h[from + l];
    }
    result.set(row, i * latent);
  }
  return result;
}
