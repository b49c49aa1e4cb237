/**
 * The statistics behind decisions against SciPy (tests/golden/statistics.jsonl, made by
 * scripts/golden/make_statistics_golden.py), and against definitions and other estimators.
 */
import assert from "node:assert/strict";
import { betaQuantile, binomialTail, incompleteBeta } from "../../src/core/incomplete_beta.ts";
import { HostRandom } from "../../src/core/philox.ts";
import { discover, fewestDiscoveries } from "../../src/scoring/false_discovery.ts";
import { rankCorrelation } from "../../src/scoring/rank_correlation.ts";
import { fitPareto, paretoSurvival } from "../../src/scoring/tail.ts";
import { assertRelative } from "../util/close.ts";
import { golden } from "./golden.ts";

Deno.test("incompleteBeta(), binomialTail() and betaQuantile() are SciPy's", () => {
  // 1 - I loses what I has beyond float64's digits next to 1: 1e-15 absolute.
  for (const [x, a, b, want] of golden.incompleteBeta) {
    assertRelative(incompleteBeta(x, a, b), want, 1e-10, 1e-15, `I_${x}(${a}, ${b})`);
  }
  for (const [n, p, k, want] of golden.binomialTail) {
    assertRelative(binomialTail(n, p, k), want, 1e-10, 1e-15, `P(Bin(${n}, ${p}) ≥ ${k})`);
  }
  for (const [p, a, b, want] of golden.betaQuantile) {
    assertRelative(betaQuantile(p, a, b), want, 1e-9, 0, `quantile ${p} of Beta(${a}, ${b})`);
  }
});

Deno.test("binomialTail() is the sum of its terms", () => {
  for (const [n, p] of [[12, 0.3], [25, 0.02]]) {
    let term = (1 - p) ** n, below = 0;
    for (let k = 0; k <= n; k++) {
      assertRelative(binomialTail(n, p, k), 1 - below, 1e-12, 1e-14, `${n} ${p} ${k}`);
      below += term;
      term *= (n - k) / (k + 1) * p / (1 - p);
    }
  }
});

Deno.test("fitPareto() is as likely as SciPy's maximum, and near it", () => {
  for (const { excesses, shape, scale, logLikelihood, survivalAt } of golden.pareto) {
    const y = Float64Array.from(excesses), fit = fitPareto(y);
    const own = y.reduce((sum, each) => sum - Math.log1p(fit.shape * each / fit.scale), 0) *
        (1 + 1 / fit.shape) - y.length * Math.log(fit.scale);
    // A posterior mean: within half a nat of the maximum of a likelihood of two parameters, and within
    // one standard error, (1 + γ) / √400, of where it is.
    assert.ok(own > logLikelihood - 0.5 && own <= logLikelihood + 1e-4, `${own}, ${logLikelihood}`);
    assert.ok(Math.abs(fit.shape - shape) < (1 + shape) / 20, `${fit.shape}, ${shape}`);
    assert.ok(Math.abs(fit.scale / scale - 1) < 0.07, `${fit.scale}, ${scale}`);
    for (const [at, want] of survivalAt) {
      assertRelative(paretoSurvival({ shape, scale }, at), want, 1e-10, 0, `P(Y > ${at})`);
    }
  }
});

Deno.test("fitPareto() agrees with probability-weighted moments, an estimator of another kind", () => {
  // Hosking and Wallis, 1987: γ = 2 - a₀ / (a₀ - 2 a₁), σ = 2 a₀ a₁ / (a₀ - 2 a₁), a₁ = E[Y (1 - F)].
  const random = new HostRandom(8, 0, 0), count = 20_000;
  for (const shape of [-0.2, 0, 0.25]) {
    const y = Float64Array.from({ length: count }, () => {
      const u = 1 - random.uniformF64();
      return 3 * (shape === 0 ? -Math.log(u) : (u ** -shape - 1) / shape);
    }).sort();
    const a0 = y.reduce((sum, each) => sum + each, 0) / count;
    const a1 = y.reduce((sum, each, i) => sum + each * (count - 1 - i) / (count - 1), 0) / count;
    const [byMoments, scale] = [2 - a0 / (a0 - 2 * a1), 2 * a0 * a1 / (a0 - 2 * a1)];
    const fit = fitPareto(y);
    // Both have a standard error of (1 + γ) / √n ≈ 0.009 or a little more.
    assertRelative([fit.shape, byMoments], [shape, shape], 0, 0.04);
    assertRelative([fit.scale, scale], [3, 3], 0.04);
  }
});

Deno.test("fitPareto() of equal, single and zero excesses stays finite", () => {
  for (const excesses of [[1, 1, 1, 1], [2], [0, 0, 0], [0, 0, 5], [1e-300, 1e300]]) {
    const { shape, scale } = fitPareto(Float64Array.from(excesses));
    assert.ok(Number.isFinite(shape) && scale >= 0, `${excesses}: ${shape}, ${scale}`);
  }
});

Deno.test("discover() rejects as many as SciPy's false_discovery_control", () => {
  for (const { pValues, rejected } of golden.falseDiscovery) {
    const p = Float64Array.from(pValues);
    for (const [q, count] of rejected) {
      const { limit, count: got } = discover(p, q);
      assert.equal(got, count, `q = ${q}`);
      assert.equal(p.filter((each) => each <= limit).length, count);
    }
  }
  assert.deepEqual(discover(Float64Array.of(1, 1), 0.5), { limit: 0, count: 0 });
  assert.deepEqual(discover(new Float64Array(0), 0.5), { limit: 0, count: 0 });
  assert.throws(() => discover(new Float64Array(2), 0), /fdr: must be above 0/);
});

Deno.test("fewestDiscoveries() is the least k whose line the finest p-value reaches", () => {
  for (const [rows, q, calibration] of [[1000, 0.1, 999], [50, 0.2, 19], [30, 0.05, 10_000]]) {
    const finest = 1 / (calibration + 1), fewest = fewestDiscoveries(rows, q, finest);
    for (let k = 1; k <= rows; k++) {
      const p = new Float64Array(rows).fill(1).fill(finest, 0, k);
      assert.equal(discover(p, q).count, k >= fewest ? k : 0, `${rows} rows, ${k} strange`);
    }
  }
});

Deno.test("rankCorrelation() is SciPy's, with and without ties", () => {
  for (const { a, b, rho } of golden.spearman) {
    assertRelative(rankCorrelation(Float64Array.from(a), Float64Array.from(b)), rho, 1e-12);
  }
});
