/**
 * How well levels fit a row's other cells. Oracle: Bayes' rule with the densities of a Gaussian, whose conditional mean
 * and covariance come from a Schur complement of the covariance, not from its inverse.
 */
import assert from "node:assert/strict";
import { cholesky, inverse } from "../../src/core/algebra/cholesky.ts";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { runSync } from "../../src/trained/steps.ts";
import { linearResiduals } from "../../src/detection/ensemble/linear.ts";
import { LevelOdds } from "../../src/scoring/ensemble/level_odds.ts";
import { surprisalAt, surprisalOf } from "../../src/scoring/ensemble/surprisal.ts";
import { CurveReader } from "../../src/scoring/views/curve.ts";
import type { Feature } from "../../src/scoring/views/view.ts";
import { assertRelative } from "../util/close.ts";

/** Features 0 and 3 are numbers; 1 and 2 a category of three levels. */
const WIDTH = 4, BLOCK = [1, 2], OTHERS = [0, 3], LEVELS = 3;

const random = new HostRandom(11, 0, 1);
const draws = (count: number) => Array.from({ length: count }, () => normal(random));

/** Of the regression: added to each variance. */
const RIDGE = 0.01;

function covariance(): Float64Array {
  const root = draws(WIDTH * WIDTH);
  return Float64Array.from({ length: WIDTH * WIDTH }, (_, i) => {
    const r = Math.floor(i / WIDTH) * WIDTH, c = (i % WIDTH) * WIDTH;
    return [0, 1, 2, 3].reduce((sum, k) => sum + root[r + k] * root[c + k], 0);
  });
}

const inverted = (matrix: number[][]) => {
  const n = matrix.length, flat = inverse(cholesky(Float64Array.from(matrix.flat()), n), n);
  return matrix.map((_, r) => [...flat.subarray(r * n, (r + 1) * n)]);
};

const product = (a: number[][], b: number[][]) =>
  a.map((row) => b[0].map((_, c) => row.reduce((sum, value, k) => sum + value * b[k][c], 0)));

/** -ln of the share of the own level's density among those of all levels, given the other features. */
function expected(c: Float64Array, x: number[], points: number[][], own: number): number {
  const part = (rows: number[], cols: number[]) =>
    rows.map((r) => cols.map((col) => c[r * WIDTH + col] + (r === col ? RIDGE : 0)));
  const gain = product(part(BLOCK, OTHERS), inverted(part(OTHERS, OTHERS)));
  const mean = product(gain, OTHERS.map((f) => [x[f]]));
  const explained = product(gain, part(OTHERS, BLOCK));
  const rest = part(BLOCK, BLOCK).map((row, i) => row.map((value, j) => value - explained[i][j]));
  const exponents = points.map((y) => {
    const off = y.map((value, i) => [value - mean[i][0]]);
    return -product(product([off.map(([value]) => value)], inverted(rest)), off)[0][0] / 2;
  });
  return Math.log(exponents.reduce((sum, e) => sum + Math.exp(e - exponents[own]), 0));
}

Deno.test("a category costs -ln of the probability of its level given the other cells", () => {
  for (let trial = 0; trial < 20; trial++) {
    const c = covariance(), weight = runSync(linearResiduals(c, WIDTH));
    const axes = BLOCK.map(() => Float32Array.from(draws(LEVELS)));
    const features: Feature[] = [0, 1, 1, 2].map((column, f) => ({
      column,
      transform: f === 1 || f === 2
        ? { kind: "point", values: axes[f - 1] }
        : { kind: "cycle", period: 1, phase: 0, mean: 0, deviation: 1 },
    }));
    const points = Array.from({ length: LEVELS }, (_, l) => axes.map((y) => y[l]));
    const odds = new LevelOdds(features, weight), share = new Float64Array(WIDTH);
    points.forEach((y, own) => {
      const [first, last] = draws(2), x = [first, ...y, last];
      const residuals = x.map((_, f) =>
        x.reduce((sum, value, d) => sum + value * weight[d * WIDTH + f], 0)
      );
      odds.write(Float64Array.of(0, ...x), Float64Array.of(0, ...residuals), 1, share);
      assert.deepEqual([share[0], share[2], share[3]], [0, 0, 0]);
      // Weights are float32, and P is up to 1 / RIDGE: 100 · 2^-24 · some ten terms of up to some ten.
      assertRelative(
        [share[1]],
        [expected(c, x, points, own)],
        1e-3,
        1e-3,
        `trial ${trial}, level ${own}`,
      );
    });
  }
});

Deno.test("a value that nearly all rows have is not surprising", () => {
  const values = Float64Array.from({ length: 1000 }, (_, i) => i < 980 ? 0.1 : 1 + i / 1000);
  const curve = new CurveReader(surprisalOf(values));
  assert.ok(surprisalAt(curve, 0.1) < 0.01, `${surprisalAt(curve, 0.1)}`);
  // 20 of 1,001 are beyond it.
  assertRelative([surprisalAt(curve, 1.98)], [Math.log(1001 / 20)], 1e-9, 0, "the next value");
});
