/**
 * Cholesky factors and Jacobi's eigenvectors against their defining equations, textbook matrices, and the eigenvalue
 * routine of the tests.
 */
import assert from "node:assert/strict";
import { cholesky, inverse, logDeterminant, solveRows } from "../../src/core/algebra/cholesky.ts";
import { symmetricEigen } from "../../src/core/algebra/symmetric_eigen.ts";
import { assertRelative } from "../util/close.ts";
import { normals } from "../util/data.ts";
import { symmetricEigenvalues } from "../util/eigenvalues.ts";
import { cholesky as plainCholesky } from "../util/linear_gaussian.ts";

/** X Xᵀ + I for random X: eigenvalues from 1 to some hundreds, so the condition number is below 1e3. */
function positive(n: number, seed: number): Float64Array {
  const x = normals(n * n, seed);
  return Float64Array.from({ length: n * n }, (_, i) => {
    const [r, c] = [Math.floor(i / n), i % n];
    let sum = r === c ? 1 : 0;
    for (let k = 0; k < n; k++) sum += x[r * n + k] * x[c * n + k];
    return sum;
  });
}

function times(a: Float64Array, b: Float64Array, n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += a[Math.floor(i / n) * n + k] * b[k * n + i % n];
    return sum;
  });
}

const transpose = (a: Float64Array, n: number) =>
  a.map((_, i) => a[(i % n) * n + Math.floor(i / n)]);
const identity = (n: number) =>
  Float64Array.from({ length: n * n }, (_, i) => Math.floor(i / n) === i % n ? 1 : 0);

const SIZES = [1, 2, 3, 7, 20] as const;

/** Twice n·2^-53 for elements up to some hundreds; inverses lose the condition number in addition. */
const ROUNDING = 1e-12, SOLVED = 1e-10;

Deno.test("cholesky() gives the textbook's factor", () => {
  // Golub and Van Loan, example 4.2.1.
  const factor = cholesky(Float64Array.of(2, -2, -2, 5), 2);
  assertRelative(factor, [Math.SQRT2, 0, -Math.SQRT2, Math.sqrt(3)], 1e-15);
});

Deno.test("cholesky(): F Fᵀ = A, A⁻¹ A = I, y A = b, and ln |A| is the sum of the logarithms of the eigenvalues", () => {
  for (const n of SIZES) {
    const a = positive(n, n), factor = cholesky(a, n);
    assertRelative(times(factor, transpose(factor, n), n), a, ROUNDING, ROUNDING, `${n}: F Fᵀ`);
    assertRelative(times(inverse(factor, n), a, n), identity(n), 0, SOLVED, `${n}: A⁻¹ A`);
    const rows = a.slice();
    solveRows(factor, n, rows);
    assertRelative(rows, identity(n), 0, SOLVED, `${n}: rows of A solved`);
    const logs = symmetricEigenvalues(a, n).reduce((sum, value) => sum + Math.log(value), 0);
    assertRelative(logDeterminant(factor, n), logs, 0, SOLVED, `${n}: ln |A|`);
  }
});

Deno.test("an inverse is symmetric to the last bit", () => {
  for (const n of SIZES) {
    const rows = inverse(cholesky(positive(n, n), n), n);
    assert.deepEqual(rows, transpose(rows, n));
  }
});

Deno.test("cholesky() and inverse() add in the textbook's order, bit for bit, however many rows they take at once", () => {
  for (const n of [1, 2, 3, 4, 5, 6, 8, 13, 31]) {
    const a = positive(n, n + 1), factor = cholesky(a, n), solved = identity(n);
    assert.deepEqual(factor, plainCholesky(a, n), `${n}: F`);
    solveRows(factor, n, solved);
    // Below the diagonal is what stands above it.
    const upper = solved.map((value, i) =>
      i % n < Math.floor(i / n) ? transpose(solved, n)[i] : value
    );
    assert.deepEqual(inverse(factor, n), upper, `${n}: A⁻¹`);
  }
});

Deno.test("cholesky() refuses matrices that are not positive definite or contain NaN", () => {
  assert.throws(() => cholesky(Float64Array.of(1, 2, 2, 1), 2), /pivot 2 is -3/);
  assert.throws(() => cholesky(Float64Array.of(0), 1), RangeError);
  assert.throws(() => cholesky(Float64Array.of(NaN), 1), RangeError);
});

Deno.test("symmetricEigen(): A = V diag(λ) Vᵀ with V orthogonal and λ descending", () => {
  for (const n of SIZES) {
    const a = positive(n, 100 + n), { values, vectors } = symmetricEigen(a, n);
    const columns = transpose(vectors, n);
    const scaled = vectors.map((value, i) => value * values[Math.floor(i / n)]);
    assertRelative(times(columns, scaled, n), a, ROUNDING, ROUNDING, `${n}: V Λ Vᵀ`);
    assertRelative(times(vectors, columns, n), identity(n), 0, ROUNDING, `${n}: Vᵀ V`);
    assert.ok(values.every((value, i) => i === 0 || value <= values[i - 1]));
    assertRelative(values, symmetricEigenvalues(a, n), ROUNDING, 0, `${n}: λ`);
  }
});

Deno.test("symmetricEigen() handles equal, zero and negative eigenvalues", () => {
  const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 0, 1, 2, 0, 0, 0, -1), 3);
  assertRelative(values, [3, 1, -1], 1e-15);
  assertRelative(vectors.subarray(0, 3).map(Math.abs), [Math.SQRT1_2, Math.SQRT1_2, 0], 1e-15);
  assert.deepEqual([...symmetricEigen(identity(4), 4).values], [1, 1, 1, 1]);
  assert.deepEqual([...symmetricEigen(new Float64Array(9), 3).values], [0, 0, 0]);
});
