/**
 * Eigenvalues and eigenvectors of a symmetric matrix, in float64, by cyclic Jacobi rotations.
 *
 *   A = V diag(λ) Vᵀ,  λ_1 ≥ λ_2 ≥ …; each rotation zeroes one pair of off-diagonal elements
 *
 * Source: Golub and Van Loan, Matrix Computations (4th ed.), section 8.5. Convergence is quadratic: about 8 sweeps of 9
 * n³ operations, which takes seconds for 784 columns and is negligible for latent dimensions. The sign of a vector is
 * arbitrary, as are the vectors of equal eigenvalues within the space they span.
 */

/** More sweeps than any matrix has needed. */
const MAX_SWEEPS = 64;

/** Ratio of off-diagonal to diagonal sum of squares that is only rounding. */
const CONVERGED = 1e-30;

/** Eigenvalues, largest first, and their vectors as rows: `vectors[i · n …]` belongs to `values[i]`. */
export interface SymmetricEigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** @param matrix symmetric `[n, n]`, row-major; not modified */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  const a = matrix.slice();
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < MAX_SWEEPS && !isDiagonal(a, n); sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) annihilate(a, v, n, p, q);
    }
  }
  const order = Array.from({ length: n }, (_, i) => i)
    .sort((i, j) => a[j * n + j] - a[i * n + i]);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => vectors.set(v.subarray(from * n, (from + 1) * n), to * n));
  return { values: Float64Array.from(order, (i) => a[i * n + i]), vectors };
}

function isDiagonal(a: Float64Array, n: number): boolean {
  let off = 0, diagonal = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i === j) diagonal += a[i * n + j] ** 2;
      else off += a[i * n + j] ** 2;
    }
  }
  return off <= CONVERGED * diagonal;
}

/** Zeroes a[p][q] with a rotation by the smaller of the two possible angles, and rotates the vectors too. */
function annihilate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q];
  if (apq === 0) return;
  const theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1), sine = tangent * cosine;
  rotate(a, n, p * n, q * n, 1, cosine, sine);
  rotate(a, n, p, q, n, cosine, sine);
  rotate(v, n, p * n, q * n, 1, cosine, sine);
}

/** (x, y) ← (cx - sy, sx + cy) for n pairs, `stride` apart, starting at elements `x` and `y`. */
function rotate(
  a: Float64Array,
  n: number,
  x: number,
  y: number,
  stride: number,
  cosine: number,
  sine: number,
): void {
  for (let k = 0, i = x, j = y; k < n; k++, i += stride, j += stride) {
    const left = a[i], right = a[j];
    a[i] = cosine * left - sine * right;
    a[j] = sine * left + cosine * right;
  }
}
