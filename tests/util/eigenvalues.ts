/**
 * Eigenvalues of a symmetric matrix by cyclic Jacobi rotations, in float64 (Golub and Van Loan, Matrix Computations,
 * section 8.5). Slow and simple; shares no code with what it checks.
 */

/** Sweeps. Convergence is quadratic, and 64 columns need about eight. */
const MAX_SWEEPS = 30;

/** Eigenvalues of a symmetric `[n, n]` matrix, row-major, largest first. */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  const a = matrix.slice();
  for (let sweep = 0; sweep < MAX_SWEEPS && offDiagonal(a, n) > 0; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) rotate(a, n, p, q);
    }
  }
  return Float64Array.from({ length: n }, (_, i) => a[i * n + i]).sort().reverse();
}

/** Sum of squares off the diagonal; zero once they are negligible beside the diagonal. */
function offDiagonal(a: Float64Array, n: number): number {
  let [off, diagonal] = [0, 0];
  a.forEach((value, i) => {
    if (Math.floor(i / n) === i % n) diagonal += value * value;
    else off += value * value;
  });
  return off > 1e-30 * diagonal ? off : 0;
}

/** Eliminates a[p][q] by a rotation of rows and columns p and q. */
function rotate(a: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q];
  if (apq === 0) return;
  const theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1), s = t * c;
  for (let k = 0; k < n; k++) {
    const [akp, akq] = [a[k * n + p], a[k * n + q]];
    a[k * n + p] = c * akp - s * akq;
    a[k * n + q] = s * akp + c * akq;
  }
  for (let k = 0; k < n; k++) {
    const [apk, aqk] = [a[p * n + k], a[q * n + k]];
    a[p * n + k] = c * apk - s * aqk;
    a[q * n + k] = s * apk + c * aqk;
  }
}
