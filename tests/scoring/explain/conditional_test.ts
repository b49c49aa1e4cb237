/**
 * Gaussian conditionals from a precision matrix. Oracle: the textbook formulas in blocks of the covariance, E = Σ_SO
 * Σ_OO⁻¹ x_O and Σ_SS - Σ_SO Σ_OO⁻¹ Σ_OS, in float64.
 */
import assert from "node:assert/strict";
import { cholesky, inverse } from "../../../src/core/algebra/cholesky.ts";
import {
  conditional,
  conditionalTerm,
  precisionOf,
} from "../../../src/scoring/explain/conditional.ts";
import { assertRelative } from "../../util/close.ts";
import { normals } from "../../util/data.ts";

const D = 5;
const FACTOR = normals(D * D, 3);
const COVARIANCE = Float64Array.from({ length: D * D }, (_, i) => {
  const [r, c] = [Math.floor(i / D), i % D];
  let sum = r === c ? 0.3 : 0;
  for (let k = 0; k < D; k++) sum += FACTOR[r * D + k] * FACTOR[c * D + k];
  return sum;
});
const PRECISION = inverse(cholesky(COVARIANCE, D), D);
/** The format of `linear.ts`: P diag(P)^(-½), float32. */
const WEIGHT = Float32Array.from(PRECISION, (p, i) => p / Math.sqrt(PRECISION[(i % D) * (D + 1)]));
const ROW = normals(D, 4).map((value) => 2 * value);

/** The rounding of float32 weights, multiplied by the condition number of a matrix of this size. */
const FLOAT32 = 1e-4;

/** From blocks of the covariance. */
function byCovariance(asked: readonly number[]) {
  const others = Array.from({ length: D }, (_, f) => f).filter((f) => !asked.includes(f));
  const n = others.length, at = (r: number, c: number) => COVARIANCE[r * D + c];
  const block = Float64Array.from(
    { length: n * n },
    (_, i) => at(others[Math.floor(i / n)], others[i % n]),
  );
  const inverted = inverse(cholesky(block, n), n);
  const slopes = asked.map((f) =>
    others.map((_, j) => others.reduce((sum, o, k) => sum + at(f, o) * inverted[k * n + j], 0))
  );
  const square = others.reduce(
    (sum, o, j) =>
      sum + others.reduce((part, p, k) => part + ROW[o] * inverted[j * n + k] * ROW[p], 0),
    0,
  );
  return {
    mean: slopes.map((own) => own.reduce((sum, slope, j) => sum + slope * ROW[others[j]], 0)),
    deviation: asked.map((f, i) =>
      Math.sqrt(at(f, f) - slopes[i].reduce((sum, slope, j) => sum + slope * at(others[j], f), 0))
    ),
    square,
  };
}

Deno.test("conditional() from blocks of the precision equals that from blocks of the covariance, for any features", () => {
  const precision = precisionOf(WEIGHT, D);
  for (const asked of [[0], [3], [1, 4], [4, 2, 0], [0, 1, 2, 3]]) {
    const { mean, deviation } = byCovariance(asked);
    const got = conditional(precision, ROW, asked);
    assertRelative(got.mean, mean, FLOAT32, FLOAT32, `mean of ${asked}`);
    assertRelative(got.deviation, deviation, FLOAT32, 0, `deviation of ${asked}`);
  }
});

Deno.test("conditional() of one feature is x - (x P)_f / P_ff with variance 1 / P_ff", () => {
  for (let f = 0; f < D; f++) {
    const pull = ROW.reduce((sum, value, d) => sum + value * PRECISION[d * D + f], 0);
    const { mean, deviation } = conditional(PRECISION, ROW, [f]);
    assertRelative(mean, [ROW[f] - pull / PRECISION[f * (D + 1)]], 1e-12, 1e-12);
    assertRelative(deviation, [1 / Math.sqrt(PRECISION[f * (D + 1)])], 1e-12);
  }
});

Deno.test("conditionalTerm() is what a group adds to T² given the others", () => {
  const total = byCovariance([]).square;
  for (const group of [[0], [2], [1, 3], [0, 2, 4]]) {
    const added = total - byCovariance(group).square;
    assertRelative(conditionalTerm(PRECISION, ROW, group), added, 1e-9, 1e-9);
  }
});

Deno.test("conditional() copes with a precision that rounding has made indefinite", () => {
  const indefinite = Float64Array.of(1, 1 + 1e-5, 1 + 1e-5, 1);
  const { mean, deviation } = conditional(indefinite, [5, -3], [0, 1]);
  assert.ok([...mean, ...deviation].every(Number.isFinite));
});
