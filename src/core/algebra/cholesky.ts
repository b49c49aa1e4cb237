/**
 * Cholesky factors of small symmetric positive definite matrices, in float64: A = F Fᵀ, F lower triangular. All
 * matrices are row-major `[n, n]`; only the lower triangle of A is read.
 *
 * Source: Golub and Van Loan, Matrix Computations (4th ed.), section 4.2. Backward stable without pivoting: the error
 * is a few n·2^-53 of ‖A‖, magnified by the condition number of A. Plain loops, n³/3 multiply-adds, for the L × L
 * systems of latent variables and the columns of a table; several rows at a time change no sum's order. Matrices of
 * thousands of columns take seconds: {@link choleskySteps} and {@link inverseSteps} yield in between.
 */
import { portableLog } from "../portable.ts";

/** Rows of an inverse that are computed at once: as many sums as a processor adds to while it waits for one of them. */
const AT_ONCE = 8;

/**
 * F with F Fᵀ = `matrix`; zeros above the diagonal.
 * @throws RangeError if the matrix is not numerically positive definite
 */
export function cholesky(matrix: Float64Array, n: number): Float64Array {
  return resultOf(choleskySteps(matrix, n));
}

/** The same, yielding after each column. */
export function* choleskySteps(matrix: Float64Array, n: number): Generator<void, Float64Array> {
  const factor = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    yield;
    const pivot = lessProducts(matrix, factor, n, j, j);
    if (!(pivot > 0)) {
      throw new RangeError(
        `Cannot factor matrix: it must be positive definite: pivot ${j + 1} is ${pivot}`,
      );
    }
    const scale = factor[j * n + j] = Math.sqrt(pivot);
    let i = j + 1;
    for (; i + 4 <= n; i += 4) columnOfFour(matrix, factor, n, i, j);
    for (; i < n; i++) factor[i * n + j] = lessProducts(matrix, factor, n, i, j) / scale;
  }
  return factor;
}

function resultOf<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** A_ij - Σ_k F_ik F_jk for k < j. */
function lessProducts(
  matrix: Float64Array,
  factor: Float64Array,
  n: number,
  i: number,
  j: number,
): number {
  let sum = matrix[i * n + j];
  for (let k = 0; k < j; k++) sum -= factor[i * n + k] * factor[j * n + k];
  return sum;
}

/** F_ij for four rows from i on: sums of their own, so that none waits for another. */
function columnOfFour(
  matrix: Float64Array,
  factor: Float64Array,
  n: number,
  i: number,
  j: number,
): void {
  const first = i * n, second = first + n, third = second + n, fourth = third + n, row = j * n;
  let a = matrix[first + j], b = matrix[second + j];
  let c = matrix[third + j], d = matrix[fourth + j];
  for (let k = 0; k < j; k++) {
    const value = factor[row + k];
    a -= factor[first + k] * value;
    b -= factor[second + k] * value;
    c -= factor[third + k] * value;
    d -= factor[fourth + k] * value;
  }
  const scale = factor[row + j];
  factor[first + j] = a / scale;
  factor[second + j] = b / scale;
  factor[third + j] = c / scale;
  factor[fourth + j] = d / scale;
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

/**
 * A⁻¹, symmetric: what is left of the diagonal is not computed again. Eight rows at once, and Fᵀ in rows of its own,
 * which are read in order: a fit to 1,000 columns takes many such inverses. The sums are those of {@link solveRows}, in
 * the same order.
 */
export function inverse(factor: Float64Array, n: number): Float64Array {
  return resultOf(inverseSteps(factor, n));
}

/** The same, yielding after each eight rows. */
export function* inverseSteps(factor: Float64Array, n: number): Generator<void, Float64Array> {
  const upper = transposed(factor, n), rows = new Float64Array(n * n);
  const solved = new Float64Array(AT_ONCE * n);
  for (let first = 0; first < n; first += AT_ONCE) {
    yield;
    solveUnits(factor, upper, n, first, solved);
    for (let q = 0; q < AT_ONCE && first + q < n; q++) {
      const row = first + q;
      for (let i = row; i < n; i++) {
        rows[row * n + i] = rows[i * n + row] = solved[AT_ONCE * i + q];
      }
    }
  }
  return rows;
}

function transposed(matrix: Float64Array, n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) result[j * n + i] = matrix[i * n + j];
  return result;
}

/** Solves y A = e for the eight unit rows from `first` on, as far as `first`. @param y [n, 8], overwritten */
function solveUnits(
  factor: Float64Array,
  upper: Float64Array,
  n: number,
  first: number,
  y: Float64Array,
): void {
  y.fill(0);
  for (let q = 0; q < AT_ONCE && first + q < n; q++) y[AT_ONCE * (first + q) + q] = 1;
  // Above the first unit all is 0.
  for (let i = first; i < n; i++) substitute(factor, n, i, first, i, y);
  for (let i = n - 1; i >= first; i--) substitute(upper, n, i, i + 1, n, y);
}

/** y_i ← (y_i - Σ_k T_ik y_k) / T_ii for k in [from, to), for each of the eight columns of `y`. */
function substitute(
  triangle: Float64Array,
  n: number,
  i: number,
  from: number,
  to: number,
  y: Float64Array,
): void {
  const at = AT_ONCE * i, row = i * n;
  let a = y[at], b = y[at + 1], c = y[at + 2], d = y[at + 3];
  let e = y[at + 4], f = y[at + 5], g = y[at + 6], h = y[at + 7];
  for (let k = from, j = AT_ONCE * from; k < to; k++, j += AT_ONCE) {
    const value = triangle[row + k];
    a -= value * y[j];
    b -= value * y[j + 1];
    c -= value * y[j + 2];
    d -= value * y[j + 3];
    e -= value * y[j + 4];
    f -= value * y[j + 5];
    g -= value * y[j + 6];
    h -= value * y[j + 7];
  }
  const pivot = triangle[row + i];
  y[at] = a / pivot;
  y[at + 1] = b / pivot;
  y[at + 2] = c / pivot;
  y[at + 3] = d / pivot;
  y[at + 4] = e / pivot;
  y[at + 5] = f / pivot;
  y[at + 6] = g / pivot;
  y[at + 7] = h / pivot;
}
