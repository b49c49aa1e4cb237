/**
 * Cholesky factors of small symmetric positive definite matrices, in float64: A = F Fᵀ, F lower triangular. All
 * matrices are row-major `[n, n]`; only the lower triangle of A is read.
 *
 * Source: Golub and Van Loan, Matrix Computations (4th ed.), section 4.2. Backward stable without pivoting: the error
 * is a few n·2^-53 of ‖A‖, magnified by the condition number of A. Plain loops, n³/3 multiply-adds: meant for the L × L
 * systems of latent variables, not for large ones.
 */
import { portableLog } from "../portable.ts";

/**
 * F with F Fᵀ = `matrix`; zeros above the diagonal.
 * @throws RangeError if the matrix is not numerically positive definite
 */
export function cholesky(matrix: Float64Array, n: number): Float64Array {
  const factor = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j];
      for (let k = 0; k < j; k++) sum -= factor[i * n + k] * factor[j * n + k];
      if (i !== j) factor[i * n + j] = sum / factor[j * n + j];
      else if (sum > 0) factor[i * n + i] = Math.sqrt(sum);
      else {
        throw new RangeError(
          `Cannot factor matrix: it must be positive definite: pivot ${i + 1} is ${sum}`,
        );
      }
    }
  }
  return factor;
}

/** ln |A| = 2 Σ ln F_ii. */
export function logDeterminant(factor: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += portableLog(factor[i * n + i]);
  return 2 * sum;
}

/** Solves y A = b for each row b of `rows` `[r, n]`, in place: forward substitution with F, then back with Fᵀ. */
export function solveRows(factor: Float64Array, n: number, rows: Float64Array): void {
  for (let start = 0; start < rows.length; start += n) {
    for (let i = 0; i < n; i++) {
      let sum = rows[start + i];
      for (let k = 0; k < i; k++) sum -= factor[i * n + k] * rows[start + k];
      rows[start + i] = sum / factor[i * n + i];
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = rows[start + i];
      for (let k = i + 1; k < n; k++) sum -= factor[k * n + i] * rows[start + k];
      rows[start + i] = sum / factor[i * n + i];
    }
  }
}

/** A⁻¹, symmetric. */
export function inverse(factor: Float64Array, n: number): Float64Array {
  const rows = new Float64Array(n * n);
  for (let i = 0; i < n; i++) rows[i * n + i] = 1;
  solveRows(factor, n, rows);
  return rows;
}
