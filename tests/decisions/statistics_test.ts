/**
 * The statistics behind decisions, against SciPy (tests/golden/statistics.jsonl, made by
 * scripts/golden/make_statistics_golden.py), definitions and other estimators.
 */
import assert from "node:assert/strict";
import { incompleteBeta, logGamma } from "../../src/core/probability/incomplete_beta.ts";
import {
  hypergeometric,
  hypergeometricCdf,
  hypergeometricRange,
} from "../../src/core/probability/hypergeometric.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { discover, minDiscoveries } from "../../src/scoring/decisions/false_discovery.ts";
import { chanceOf } from "../../src/detection/recalibrate.ts";
import { Calibration } from "../../src/scoring/decisions/calibration.ts";
import { rankCorrelation } from "../../src/core/ranks.ts";
import { excessChance, excessLaw, excessSurvival } from "../../src/scoring/decisions/tail.ts";
import { assertRelative } from "../util/close.ts";
import { flaggedLaw } from "../util/flagged_law.ts";
import { betaQuantile } from "../util/statistics.ts";
import { golden } from "./golden.ts";

/** P(Bin(n, p) ≥ k) = I_p(k, n - k + 1). */
function binomialTail(n: number, p: number, k: number): number {
  if (k === 0) return 1;
  return incompleteBeta(p, k, n - k + 1);
}

Deno.test("incompleteBeta(), its inverse and the binomial tail that it equals agree with SciPy", () => {
  // They compute some values as 1 - I, which has an absolute error of 1e-15.
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

Deno.test("incompleteBeta() is the sum of binomial terms", () => {
  for (const [n, p] of [[12, 0.3], [25, 0.02]]) {
    let term = (1 - p) ** n, below = 0;
    for (let k = 0; k <= n; k++) {
      assertRelative(binomialTail(n, p, k), 1 - below, 1e-12, 1e-14, `${n} ${p} ${k}`);
      below += term;
      term *= (n - k) / (k + 1) * p / (1 - p);
    }
  }
});

Deno.test("hypergeometric() sums to 1, and matches drawing without replacement", () => {
  const urn = { all: 30, marked: 9, drawn: 12 }, [least, most] = hypergeometricRange(urn);
  const counts = new Float64Array(most + 1), random = new HostRandom(4, 0, 0), rounds = 20_000;
  for (let round = 0; round < rounds; round++) {
    const order = Array.from({ length: urn.all }, (_, i) => i);
    let among = 0;
    for (let i = 0; i < urn.drawn; i++) {
      const other = i + random.below(urn.all - i);
      [order[i], order[other]] = [order[other], order[i]];
      if (order[i] < urn.marked) among++;
    }
    counts[among]++;
  }
  let upTo = 0;
  for (let j = least; j <= most; j++) {
    const chance = hypergeometric(urn, j), error = Math.sqrt(chance * (1 - chance) / rounds);
    assert.ok(Math.abs(counts[j] / rounds - chance) < 4 * error + 1e-4, `${j}`);
    assertRelative(hypergeometricCdf(urn, j), upTo += chance, 1e-12);
  }
  assertRelative(upTo, 1, 1e-12);
});

Deno.test("chanceOf() is the tail of the beta-binomial distribution, and a valid p-value over resamples", () => {
  for (const [n, alpha, m] of [[99, 0.01, 50], [200, 0.05, 2000], [1000, 0.01, 300]]) {
    const calibration = new Calibration(Float64Array.from({ length: n }, (_, i) => i));
    let tail = 1;
    flaggedLaw(n, alpha, m).forEach((chance, flagged) => {
      // 1 - Σ is exact only to 1e-15.
      assertRelative(chanceOf(flagged, m, calibration, alpha), Math.max(0, tail), 1e-7, 1e-11);
      tail -= chance;
    });
  }
  // 2,000 calibrations on 200 rows, each with 5,000 new rows. A binomial distribution would give every fifth of them a
  // probability below 0.001.
  const random = new HostRandom(11, 0, 0), rounds = 2000, [n, alpha, m] = [200, 0.01, 5000];
  const chances = Array.from({ length: rounds }, () => {
    const scores = Float64Array.from({ length: n }, () => random.uniformF64());
    const calibration = new Calibration(scores), threshold = calibration.threshold(alpha);
    // The number of m independent uniform scores above a threshold is binomial, so one draw gives it.
    let flagged = 0;
    for (let row = 0; row < m; row++) if (random.uniformF64() > threshold) flagged++;
    return chanceOf(flagged, m, calibration, alpha);
  });
  for (const level of [0.001, 0.01, 0.1, 0.5]) {
    const share = chances.filter((chance) => chance <= level).length / rounds;
    const error = Math.sqrt(level * (1 - level) / rounds);
    assert.ok(share < level + 4 * error, `P(chance ≤ ${level}) = ${share}`);
    if (level >= 0.1) assert.ok(share > level - 4 * error - 0.01, `asleep: ${share} at ${level}`);
  }
});

Deno.test("excessLaw() agrees with SciPy's fit within the range of the peaks, and never claims that the tail ends", () => {
  for (const { excesses, shape, survivalAt } of golden.pareto) {
    const law = excessLaw(Float64Array.from(excesses));
    for (const [at, want] of survivalAt) {
      const got = excessSurvival(law, at);
      // 400 peaks of a heavy tail: the two estimates differ by less than the error of either, a few per cent.
      if (shape > 0) assertRelative(got, want, 0.02, 0, `P(Y > ${at})`);
      else assert.ok(got > 0.9 * want && got > 0, `P(Y > ${at}): ${got}, ${want}`);
    }
  }
});

Deno.test("excessLaw() of many peaks is the distribution that they were drawn from", () => {
  const random = new HostRandom(8, 0, 0), count = 20_000;
  for (const shape of [0, 0.25]) {
    const survival = (y: number) =>
      shape === 0 ? Math.exp(-y / 3) : (1 + shape * y / 3) ** (-1 / shape);
    const y = Float64Array.from({ length: count }, () => {
      const u = 1 - random.uniformF64();
      return 3 * (shape === 0 ? -Math.log(u) : (u ** -shape - 1) / shape);
    });
    const law = excessLaw(y);
    // Checked down to 1 in 1,000. Counting 20 peaks there would have an error of 22 %; a fit to all 20,000 has a third
    // of that.
    for (const at of [1, 5, 15]) assertRelative(excessSurvival(law, at), survival(at), 0.08);
  }
});

Deno.test("excessSurvival() averages over the posterior of the scale", () => {
  // For one θ: ∫ exp(-g/γ) p(γ | peaks) dγ, p ∝ γ^(-k-1) exp(-k m / γ), by the trapezoidal rule in u = 1/γ.
  for (const theta of [0, 0.7]) {
    const count = 40, mean = 1.3, y = 9;
    const g = theta === 0 ? y : Math.log1p(theta * y);
    let top = 0, bottom = 0;
    for (let u = 1e-4; u < 6; u += 1e-4) {
      const density = Math.exp((count - 1) * Math.log(u) - count * mean * u);
      bottom += density;
      top += density * Math.exp(-g * u);
    }
    const got = excessSurvival({ count, parts: [{ weight: 1, theta, mean }] }, y);
    assertRelative(got, top / bottom, 1e-7);
  }
});

Deno.test("excessChance() is the posterior probability of the scales for which P(Y > y) is at most the rate", () => {
  // For one θ, and for two with weights: p(u | peaks) ∝ u^(k-1) exp(-k m u), u = 1/γ, by the trapezoidal rule.
  const count = 40, y = 9, steps = 7;
  const byRule = (theta: number, mean: number) => {
    const least = steps / (theta === 0 ? y : Math.log1p(theta * y));
    let top = 0, bottom = 0;
    for (let u = 5e-5; u < 6; u += 1e-4) {
      const density = Math.exp((count - 1) * Math.log(u) - count * mean * u);
      bottom += density;
      if (u >= least) top += density;
    }
    return top / bottom;
  };
  for (const [theta, mean] of [[0, 1.3], [0.7, 0.3], [0.7, 1.3]]) {
    const law = { count, parts: [{ weight: 1, theta, mean }] };
    assertRelative(excessChance(law, y, steps), byRule(theta, mean), 0, 1e-3);
  }
  const parts = [{ weight: 0.3, theta: 0, mean: 1.3 }, { weight: 0.7, theta: 0.7, mean: 0.3 }];
  const expected = 0.3 * byRule(0, 1.3) + 0.7 * byRule(0.7, 0.3);
  assertRelative(excessChance({ count, parts }, y, steps), expected, 0, 1e-3);
});

Deno.test("excessLaw() of a single, tied or extreme excess is still a distribution; equal scores are refused", () => {
  for (const excesses of [[1, 1, 1, 1], [2], [0, 0, 5], [1e-300, 1e300]]) {
    const law = excessLaw(Float64Array.from(excesses));
    assertRelative(excessSurvival(law, 0), 1, 1e-12);
    const beyond = excessSurvival(law, 10 * Math.max(...excesses));
    assert.ok(beyond > 0 && beyond < 0.5, `${excesses}: ${beyond}`);
  }
  // Ties at the threshold do not hide that the other excesses have a heavy tail: it is not taken for an exponential
  // one.
  const heavy = Float64Array.from({ length: 25 }, (_, i) => ((i + 1) / 26) ** -1.5);
  const withTies = excessLaw(Float64Array.from([...new Float64Array(15), ...heavy]));
  assert.ok(withTies.parts[0].weight < 0.01, `${withTies.parts[0].weight}`);
  assert.throws(
    () => excessLaw(new Float64Array(3)),
    /the 3 highest calibration scores are all equal/,
  );
});

Deno.test("logGamma() is exact for halves and whole numbers, and accurate near 0", () => {
  // Γ(½) = √π, Γ(n + 1) = n!, Γ(x + 1) = x Γ(x), and Γ(x) = 1/x - γ + O(x).
  assertRelative(logGamma(0.5), Math.log(Math.PI) / 2, 1e-14);
  assertRelative(logGamma(21), Math.log(2432902008176640000), 1e-14);
  for (const x of [1e-300, 1e-10, 0.1, 0.3, 0.49999]) {
    assertRelative(logGamma(x), logGamma(x + 2) - Math.log(x) - Math.log1p(x), 1e-14, 1e-14);
  }
  assertRelative(logGamma(1e-10), Math.log(1e10 - 0.5772156649015329), 1e-14);
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

Deno.test("minDiscoveries() is the smallest number of rows that discover() can flag", () => {
  // 70 · (1/50) / 0.7 is 2, but 2.0000000000000004 in floating point.
  const cases = [[1000, 0.1, 999], [50, 0.2, 19], [30, 0.05, 10_000], [70, 0.7, 49]];
  for (const [rows, q, calibration] of cases) {
    const finest = 1 / (calibration + 1), fewest = minDiscoveries(rows, q, finest);
    for (let k = 1; k <= rows; k++) {
      const p = new Float64Array(rows).fill(1).fill(finest, 0, k);
      assert.equal(discover(p, q).count, k >= fewest ? k : 0, `${rows} rows, ${k} strange`);
    }
  }
});

Deno.test("rankCorrelation() agrees with SciPy, with and without ties", () => {
  for (const { a, b, rho } of golden.spearman) {
    assertRelative(rankCorrelation(Float64Array.from(a), Float64Array.from(b)), rho, 1e-12);
  }
});
