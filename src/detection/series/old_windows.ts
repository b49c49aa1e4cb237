/**
 * The windows that a linear model was fitted to, as it knows them, N(μ, W Wᵀ + Ψ), and what they are together with new
 * ones. A linear model depends on its windows only through their mean and covariance, and with a share ρ of old ones
 *
 *   μ = ρ μ₀ + (1 - ρ) μ₁,  C = ρ C₀ + (1 - ρ) C₁ + ρ (1 - ρ) (μ₀ - μ₁)(μ₀ - μ₁)ᵀ
 *
 * What the model does not know of C₀ is how the cells hang together beyond its components.
 */
import { factorsOf } from "../../scoring/explain/series_expectations.ts";
import type { TrainedVae } from "../../trained/trained_vae.ts";
import type { Moments } from "../../training/em/moments.ts";

/** Old windows, and their share of all. */
export interface OldWindows extends Moments {
  readonly latent: number;
  readonly share: number;
}

/** The old windows count as so many that do not overlap, whatever their number was: a file does not have it. */
const OLD_WINDOWS = 100;

/** @param vae a linear one @param windows the number of new windows that do not overlap */
export function oldWindows(vae: TrainedVae, windows: number): OldWindows {
  const { loadings, mean, variances, latent } = factorsOf(vae), width = mean.length;
  const covariance = new Float64Array(width * width);
  for (let l = 0; l < latent; l++) {
    const axis = Float64Array.from({ length: width }, (_, d) => loadings[l * width + d]);
    for (let i = 0; i < width; i++) {
      const loading = axis[i];
      for (let j = 0; j < width; j++) covariance[i * width + j] += loading * axis[j];
    }
  }
  for (let d = 0; d < width; d++) covariance[d * width + d] += variances[d];
  return {
    mean: Float64Array.from(mean),
    covariance,
    share: OLD_WINDOWS / (OLD_WINDOWS + windows),
    latent,
  };
}

/** The moments of old and new windows together. */
export function pooled({ share, ...old }: OldWindows, now: Moments): Moments {
  const rest = 1 - share, width = now.mean.length;
  const apart = now.mean.map((value, d) => old.mean[d] - value);
  return {
    mean: now.mean.map((value, d) => share * old.mean[d] + rest * value),
    covariance: now.covariance.map((value, i) =>
      share * old.covariance[i] + rest * value +
      share * rest * apart[Math.floor(i / width)] * apart[i % width]
    ),
  };
}
