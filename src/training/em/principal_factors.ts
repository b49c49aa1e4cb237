/**
 * Probabilistic PCA in closed form, from mean and covariance. With the largest eigenvalues λ_l of the covariance and
 * their eigenvectors v_l,
 *
 *   σ² = mean of the D - L other eigenvalues,  W = [v_l √(λ_l - σ²)]
 *
 * maximises the likelihood (Tipping and Bishop, "Probabilistic principal component analysis", 1999, eq. 7 and 8); EM
 * (`factor_analysis.ts`) converges to the same.
 */
import type { HostRandom } from "../../core/random/philox.ts";
import { principalAxes } from "../../core/algebra/principal_axes.ts";
import type { Factors } from "./em_step.ts";
import type { Moments } from "./moments.ts";

/** The number of latent dimensions, and the noise floor. */
export interface PrincipalOptions {
  /** Maximum number of latent dimensions, fewer than columns. */
  readonly maxLatent: number;
  /** Takes as many dimensions as needed to leave no more variance than this; if absent, the maximum. */
  readonly maxResidual?: number;
  /** Minimum σ². */
  readonly floor: number;
  readonly random: HostRandom;
  /** Axes of similar rows, to start from. */
  readonly guess?: Float64Array;
}

/** W, and ψ = σ² for every column; the axes as rows. */
export interface Principal {
  readonly factors: Factors;
  readonly latent: number;
  readonly axes: Float64Array;
}

export function principalFactors(
  { mean: { length }, covariance }: Pick<Moments, "mean" | "covariance">,
  { maxLatent, maxResidual, floor, random, guess }: PrincipalOptions,
): Principal {
  const { values, vectors } = principalAxes(covariance, length, maxLatent, random, guess);
  let trace = 0;
  for (let d = 0; d < length; d++) trace += covariance[d * length + d];
  let captured = Math.max(0, values[0]), latent = 1;
  while (latent < maxLatent && (maxResidual === undefined || trace - captured > maxResidual)) {
    captured += Math.max(0, values[latent++]);
  }
  const noise = Math.max(floor, (trace - captured) / (length - latent));
  const loadings = new Float64Array(length * latent);
  for (let l = 0; l < latent; l++) {
    const scale = Math.sqrt(Math.max(0, values[l] - noise));
    for (let d = 0; d < length; d++) loadings[d * latent + l] = scale * vectors[l * length + d];
  }
  const variances = new Float64Array(length).fill(noise);
  return { factors: { loadings, variances }, latent, axes: vectors };
}
