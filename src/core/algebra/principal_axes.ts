/**
 * The k largest eigenvalues of a symmetric positive semidefinite n × n matrix, and their eigenvectors, if computing all
 * n (`symmetric_eigen.ts`) would take too long. Each step costs n² k.
 *
 *   Q ← orthonormal rows of Q A, until tr(Q A Qᵀ) stops growing;  then Q A Qᵀ is diagonalised exactly
 *
 * Source: Golub and Van Loan, Matrix Computations (4th ed.), section 8.2.4 (orthogonal iteration with Ritz
 * acceleration). The error of axis i shrinks by λ_(k+1) / λ_i per step. The least accurate axes are those at the cut
 * whose eigenvalues are nearly equal, where any of them will do. A few more axes than requested are iterated.
 */
import type { HostRandom } from "../random/philox.ts";
import { type SymmetricEigen, symmetricEigen } from "./symmetric_eigen.ts";

const MAX_STEPS = 60;

/** Growth of tr(Q A Qᵀ), as a share of the trace of A, below which the iteration stops. */
const MIN_GROWTH = 1e-4;

/** Extra axes to iterate. */
const EXTRA_AXES = 8;

/** A remainder below this share of a vector's length is only rounding. */
const ROUNDING = 1e-10;

/**
 * @param matrix `[n, n]`, row-major
 * @param count the number of axes, at most n
 * @param random draws of the starting vectors
 * @param guess eigenvectors of a similar matrix, for a better start
 */
export function principalAxes(
  matrix: Float64Array,
  n: number,
  count: number,
  random: HostRandom,
  guess: Float64Array = new Float64Array(),
): SymmetricEigen {
  const rows = Math.min(n, count + EXTRA_AXES);
  const axes = Float64Array.from({ length: rows * n }, () => random.uniformF64() - 0.5);
  axes.set(guess.subarray(0, axes.length));
  orthonormalize(axes, n, random);
  let trace = 0;
  for (let i = 0; i < n; i++) trace += matrix[i * n + i];
  let image = product(axes, matrix, n), captured = dot(axes, 0, image, 0, axes.length);
  for (let step = 0; step < MAX_STEPS; step++) {
    axes.set(image);
    orthonormalize(axes, n, random);
    image = product(axes, matrix, n);
    const next = dot(axes, 0, image, 0, axes.length),
      isSettled = next - captured <= MIN_GROWTH * trace;
    captured = next;
    if (isSettled) break;
  }
  const { values, vectors } = symmetricEigen(product(axes, image, n), rows);
  const rotated = new Float64Array(count * n);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < rows; k++) subtract(rotated, i * n, axes, k * n, n, -vectors[i * rows + k]);
  }
  return { values: values.slice(0, count), vectors: rotated };
}

/** a bᵀ, for matrices with rows of length n. */
function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const rows = a.length / n, cols = b.length / n, out = new Float64Array(rows * cols);
  for (let j = 0; j < cols; j++) {
    for (let i = 0; i < rows; i++) out[i * cols + j] = dot(a, i * n, b, j * n, n);
  }
  return out;
}

/** The dot product of n numbers, starting at indices x and y, in four partial sums. */
function dot(a: Float64Array, x: number, b: Float64Array, y: number, n: number): number {
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0, c = 0;
  for (; c + 4 <= n; c += 4) {
    s0 += a[x + c] * b[y + c];
    s1 += a[x + c + 1] * b[y + c + 1];
    s2 += a[x + c + 2] * b[y + c + 2];
    s3 += a[x + c + 3] * b[y + c + 3];
  }
  for (; c < n; c++) s0 += a[x + c] * b[y + c];
  return s0 + s1 + (s2 + s3);
}

/** a ← a - share · b, of n numbers each. */
function subtract(
  a: Float64Array,
  x: number,
  b: Float64Array,
  y: number,
  n: number,
  share: number,
): void {
  for (let c = 0; c < n; c++) a[x + c] -= share * b[y + c];
}

/**
 * Orthonormalises the rows by Gram-Schmidt. A row that loses much of its length is orthogonalised again; one that loses
 * all of it is redrawn at random.
 */
function orthonormalize(rows: Float64Array, n: number, random: HostRandom): void {
  const length = (at: number) => Math.sqrt(dot(rows, at, rows, at, n));
  for (let at = 0; at < rows.length; at += n) {
    for (let isDone = false; !isDone;) {
      const before = length(at);
      for (let from = 0; from < at; from += n) {
        subtract(rows, at, rows, from, n, dot(rows, at, rows, from, n));
      }
      const remaining = length(at);
      isDone = remaining > 0.5 * before;
      if (remaining > ROUNDING * before) {
        for (let c = 0; c < n; c++) rows[at + c] /= remaining;
      } else {
        for (let c = 0; c < n; c++) rows[at + c] = random.uniformF64() - 0.5;
      }
    }
  }
}
