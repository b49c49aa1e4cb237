/**
 * What each column adds to the squared distance T² of a window under W Wᵀ + Ψ, beyond what the other columns explain:
 *
 *   T² = Σ_d x_d² / ψ_d - bᵀ M⁻¹ b,  b = Σ_d w_d x_d / ψ_d,  M = I + Σ_d w_d w_dᵀ / ψ_d
 *
 * T_c is T² less that of the window without the cells of column c, the conditional term of Mason, Tracy and Young for a
 * group of cells (`conditional.ts`). Cells that are missing are in no sum. L² multiply-adds per column and window, and
 * L³ per column once, or again for a window with missing cells.
 */
import { cholesky, solveRows } from "../../core/algebra/cholesky.ts";
import { perFreedom } from "./conditional.ts";
import type { Factors } from "./known_cells.ts";

export class ColumnTerms {
  readonly #factors: Factors;
  /** The column of each dimension. */
  readonly #columnOf: ArrayLike<number>;
  readonly #columns: number;
  /** Cholesky factors of M, and of M without each column, for windows with every cell. */
  readonly #whole: readonly Float64Array[];

  constructor(factors: Factors, columnOf: ArrayLike<number>, columns: number) {
    this.#factors = factors;
    this.#columnOf = columnOf;
    this.#columns = columns;
    this.#whole = this.#decompose(new Float64Array(factors.mean.length));
  }

  /**
   * @param x `[D]`, standardised; NaN for a missing cell
   * @param freedom of each column: the numbers in it that could vary
   */
  terms(x: ArrayLike<number>, freedom: ArrayLike<number>): Float64Array {
    const { latent, mean, variances } = this.#factors, columns = this.#columns;
    const pulls = Array.from({ length: columns }, () => new Float64Array(latent));
    const squares = new Float64Array(columns), all = new Float64Array(latent);
    let isWhole = true;
    for (let d = 0; d < mean.length; d++) {
      const value = x[d] - mean[d];
      isWhole &&= !Number.isNaN(value);
      if (Number.isNaN(value)) continue;
      const c = this.#columnOf[d];
      squares[c] += value * value / variances[d];
      for (let l = 0; l < latent; l++) pulls[c][l] += this.#loading(l, d) * value / variances[d];
    }
    for (const pull of pulls) pull.forEach((value, l) => all[l] += value);
    const [of, ...without] = isWhole ? this.#whole : this.#decompose(x);
    const explained = quadratic(of, all);
    return squares.map((square, c) => {
      const term = square - explained + quadratic(without[c], all.map((b, l) => b - pulls[c][l]));
      return term > 0 ? perFreedom(term, freedom[c]) : 0;
    });
  }

  /** Of M, and of M without each column. */
  #decompose(x: ArrayLike<number>): Float64Array[] {
    const { latent, mean, variances } = this.#factors;
    const parts = Array.from({ length: this.#columns }, () => new Float64Array(latent * latent));
    for (let d = 0; d < mean.length; d++) {
      if (Number.isNaN(x[d])) continue;
      const part = parts[this.#columnOf[d]];
      for (let i = 0; i < latent; i++) {
        const w = this.#loading(i, d) / variances[d];
        for (let j = 0; j < latent; j++) part[i * latent + j] += w * this.#loading(j, d);
      }
    }
    const without = (left: number) => {
      const sum = new Float64Array(latent * latent);
      for (let l = 0; l < latent; l++) sum[l * latent + l] = 1;
      parts.forEach((part, c) => c !== left && part.forEach((value, i) => sum[i] += value));
      return cholesky(sum, latent);
    };
    return [without(-1), ...parts.map((_, c) => without(c))];
  }

  #loading(l: number, d: number): number {
    const { loadings, mean } = this.#factors;
    return loadings[l * mean.length + d];
  }
}

/** bᵀ M⁻¹ b. */
function quadratic(factor: Float64Array, b: Float64Array): number {
  const solved = b.slice();
  solveRows(factor, b.length, solved);
  return solved.reduce((sum, value, l) => sum + value * b[l], 0);
}
