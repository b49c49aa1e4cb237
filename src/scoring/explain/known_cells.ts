/**
 * Conditionals of a Gaussian with covariance W Wᵀ + diag(ψ), given the cells O of one row that are trusted:
 *
 *   x̂_d = w_d · z,  z = M⁻¹ Σ_(o ∈ O) w_o x_o / ψ_o,  M = I + Σ_(o ∈ O) w_o w_oᵀ / ψ_o
 *
 * with variance ψ_d + w_dᵀ M⁻¹ w_d for a cell that is not in O. For one that is, what all others expect of it follows
 * from its leverage h (Allen, 1974):
 *
 *   x_o - x̂_o = (x_o - w_o · z) / (1 - h),  h = w_oᵀ M⁻¹ w_o / ψ_o,  with variance ψ_o / (1 - h)
 *
 * A cell is left out by a change of rank one to M, which is inverted again, L × L, when it is next needed.
 */
import { cholesky, inverse } from "../../core/algebra/cholesky.ts";

/** W `[L, D]`, μ `[D]` and ψ `[D]`. */
export interface Factors {
  readonly loadings: ArrayLike<number>;
  readonly mean: ArrayLike<number>;
  readonly variances: ArrayLike<number>;
  readonly latent: number;
}

/** Largest leverage of a cell: with more, the others say nothing of it. */
const MAX_LEVERAGE = 1 - 1e-9;

export class KnownCells {
  readonly #factors: Factors;
  /** x - μ; NaN for a cell that is missing or left out. */
  readonly #x: Float64Array;
  readonly #precision: Float64Array;
  /** M⁻¹ and z; absent if cells have been left out since. */
  #solved?: { readonly covariance: Float64Array; readonly z: Float64Array };

  /** @param x `[D]`, NaN for a missing cell */
  constructor(factors: Factors, x: ArrayLike<number>) {
    const { latent, mean } = factors;
    this.#factors = factors;
    this.#x = Float64Array.from(mean, (value, d) => x[d] - value);
    this.#precision = new Float64Array(latent * latent);
    for (let l = 0; l < latent; l++) this.#precision[l * latent + l] = 1;
    for (let d = 0; d < this.#x.length; d++) if (this.has(d)) this.#change(d, 1);
  }

  /** Whether a cell is trusted. */
  has(d: number): boolean {
    return !Number.isNaN(this.#x[d]);
  }

  /** Trusts a cell no more. */
  leaveOut(d: number): void {
    if (!this.has(d)) return;
    this.#change(d, -1);
    this.#x[d] = NaN;
    this.#solved = undefined;
  }

  /** The distribution of a cell that is not trusted. */
  expected(d: number): { readonly mean: number; readonly variance: number } {
    const { mean, variances } = this.#factors;
    return { mean: mean[d] + this.#fitted(d), variance: variances[d] * (1 + this.leverage(d)) };
  }

  /** (x - x̂)² of a trusted cell by its variance, x̂ what all others expect. */
  squaredDeviation(d: number): number {
    const residual = this.#x[d] - this.#fitted(d), rest = 1 - this.leverage(d);
    return residual * residual / (this.#factors.variances[d] * rest);
  }

  /** w_dᵀ M⁻¹ w_d / ψ_d: h, for a trusted cell. */
  leverage(d: number): number {
    const { latent, variances } = this.#factors, { covariance } = this.#solve();
    let sum = 0;
    for (let i = 0; i < latent; i++) {
      const w = this.#loading(i, d);
      for (let j = 0; j < latent; j++) sum += w * covariance[i * latent + j] * this.#loading(j, d);
    }
    const leverage = sum / variances[d];
    return this.has(d) ? Math.min(MAX_LEVERAGE, leverage) : leverage;
  }

  #loading(l: number, d: number): number {
    const { loadings, mean } = this.#factors;
    return loadings[l * mean.length + d];
  }

  /** w_d · z */
  #fitted(d: number): number {
    const { z } = this.#solve();
    let sum = 0;
    for (let l = 0; l < z.length; l++) sum += z[l] * this.#loading(l, d);
    return sum;
  }

  #change(d: number, sign: 1 | -1): void {
    const { latent, variances } = this.#factors;
    for (let i = 0; i < latent; i++) {
      const w = sign * this.#loading(i, d) / variances[d];
      for (let j = 0; j < latent; j++) {
        this.#precision[i * latent + j] += w * this.#loading(j, d);
      }
    }
  }

  #solve() {
    if (this.#solved) return this.#solved;
    const { latent, variances } = this.#factors;
    const covariance = inverse(cholesky(this.#precision, latent), latent);
    const pull = new Float64Array(latent);
    this.#x.forEach((value, d) => {
      if (Number.isNaN(value)) return;
      for (let l = 0; l < latent; l++) pull[l] += this.#loading(l, d) * value / variances[d];
    });
    const z = pull.map((_, i) => {
      let sum = 0;
      for (let j = 0; j < latent; j++) sum += covariance[i * latent + j] * pull[j];
      return sum;
    });
    return this.#solved = { covariance, z };
  }
}
