/** Ranking metrics against their definitions by brute force, over all pairs and all thresholds. */
import assert from "node:assert/strict";
import * as library from "../../mod.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { auroc, averagePrecision, countAnomalies, precisionAt } from "../../src/scoring/metrics.ts";

/** Labels, and scores that have `grid` different values, so that a small grid gives many ties. */
function draw(rows: number, grid: number, seed: number) {
  const random = new HostRandom(seed, 0, 7);
  const scores = Float64Array.from(
    { length: rows },
    () => Math.floor(random.uniformF64() * grid) - 3,
  );
  const label = Float64Array.from({ length: rows }, () => random.uniformF64() < 0.3 ? 1 : 0);
  label[0] = 0;
  label[1] = 1;
  return { scores, label };
}

function pairsWon(scores: Float64Array, label: Float64Array): number {
  let won = 0, pairs = 0;
  for (let i = 0; i < scores.length; i++) {
    for (let j = 0; j < scores.length; j++) {
      if (label[i] === 0 || label[j] !== 0) continue;
      pairs++;
      won += scores[i] > scores[j] ? 1 : scores[i] === scores[j] ? 0.5 : 0;
    }
  }
  return won / pairs;
}

function areaOverThresholds(scores: Float64Array, label: Float64Array): number {
  const anomalies = label.reduce((a, b) => a + b);
  let area = 0, recall = 0;
  for (const threshold of [...new Set(scores)].sort((a, b) => b - a)) {
    const flagged = Array.from(scores, (score, r) => score >= threshold ? label[r] : -1).filter((
      y,
    ) => y >= 0);
    const hits = flagged.filter((y) => y === 1).length;
    area += (hits / anomalies - recall) * hits / flagged.length;
    recall = hits / anomalies;
  }
  return area;
}

/** Expected hits among the first n rows if ties are ordered at random: each tied row counts its share. */
function expectedPrecision(scores: Float64Array, label: Float64Array, n: number): number {
  let hits = 0;
  scores.forEach((score, r) => {
    const above = scores.filter((other) => other > score).length;
    const equal = scores.filter((other) => other === score).length;
    hits += label[r] * Math.min(1, Math.max(0, (n - above) / equal));
  });
  return hits / n;
}

Deno.test("auroc(), averagePrecision() and precisionAt() match their definitions, also with ties", () => {
  for (let seed = 0; seed < 60; seed++) {
    const { scores, label } = draw(2 + seed, [2, 5, 1e6][seed % 3], seed);
    // float64 sums of at most 62 terms of size 1: a few times 62 · 2⁻⁵³.
    const close = (a: number, b: number) =>
      assert.ok(Math.abs(a - b) < 1e-12, `${seed}: ${a} and ${b}`);
    close(auroc(scores, label), pairsWon(scores, label));
    close(averagePrecision(scores, label), areaOverThresholds(scores, label));
    for (const n of [1, 2, countAnomalies(label)]) {
      close(precisionAt(scores, label, n), expectedPrecision(scores, label, n));
    }
    close(precisionAt(scores, label), precisionAt(scores, label, countAnomalies(label)));
  }
});

Deno.test("auroc() is 1, 0 and ½ for a perfect, a reversed and a constant score", () => {
  const label = Float64Array.of(0, 0, 1, 1);
  assert.equal(auroc(Float64Array.of(1, 2, 3, 4), label), 1);
  assert.equal(auroc(Float64Array.of(4, 3, 2, 1), label), 0);
  assert.equal(auroc(new Float64Array(4), label), 0.5);
  assert.equal(averagePrecision(new Float64Array(4), label), 0.5);
  // scikit-learn's own example: average_precision_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).
  const scores = Float64Array.of(0.1, 0.4, 0.35, 0.8);
  assert.ok(Math.abs(averagePrecision(scores, label) - 5 / 6) < 1e-15);
  assert.equal(auroc(scores, label), 0.75);
});

Deno.test("metrics are NaN if all rows are normal or all are anomalies", () => {
  const scores = Float64Array.of(1, 2, 3);
  for (const label of [[0, 0, 0], [1, 1, 1]]) {
    assert.ok(Number.isNaN(auroc(scores, label)));
    assert.ok(Number.isNaN(averagePrecision(scores, label)));
  }
  assert.ok(Number.isNaN(precisionAt(scores, [0, 0, 0])));
});

Deno.test("scores that are NaN are refused, wherever they are", () => {
  for (const scores of [[NaN, 1, 2], [1, NaN, 2], [1, 2, NaN], [NaN, NaN, NaN]]) {
    for (const metric of [auroc, averagePrecision, precisionAt]) {
      assert.throws(() => metric(Float64Array.from(scores), [0, 1, 0]), /got NaN/);
    }
  }
});

Deno.test("programs rank what score() returned: plain lists are taken, and labels of other rows are refused", () => {
  const scores = [0.1, 3, 2, 0.5], labels = [0, 1, 0, 0];
  assert.deepEqual(
    [library.auroc(scores, labels), library.averagePrecision(scores, labels)],
    [1, 1],
  );
  assert.equal(library.precisionAt(scores, labels, 2), 0.5);
  assert.throws(
    () => library.auroc(scores, labels.slice(1)),
    /^RangeError: Cannot rank rows: expected a label for each of 4 scores, got 3$/,
  );
});
