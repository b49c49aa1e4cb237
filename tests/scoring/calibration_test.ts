/** Conformal p-values against their definition, and their guarantee against the exact Beta distribution. */
import assert from "node:assert/strict";
import { Calibration } from "../../mod.ts";
import { HostRandom } from "../../src/core/random/philox.ts";

Deno.test("Calibration.pValue() is (1 + #{scores ≥ s}) / (n + 1), with ties", () => {
  const scores = [3, 1, 2, 2, 5];
  const calibration = new Calibration(Float64Array.from(scores));
  for (const s of [0, 1, 1.5, 2, 3, 4, 5, 6]) {
    const expected = (1 + scores.filter((each) => each >= s).length) / 6;
    assert.equal(calibration.pValue(s), expected);
  }
});

Deno.test("Calibration.threshold() separates exactly the scores with p ≤ rate", () => {
  const random = new HostRandom(4, 0, 0);
  // 0.29 · 100 is 29, but 28.999999999999996 in floating point.
  for (const [rows, rates] of [[137, [1 / 138, 0.01, 0.05, 0.1, 0.5]], [99, [0.29]]] as const) {
    const scores = Float64Array.from({ length: rows }, () => Math.floor(random.uniformF64() * 60));
    const calibration = new Calibration(scores);
    for (const rate of rates) {
      const threshold = calibration.threshold(rate);
      for (let s = -1; s < 62; s += 0.5) {
        assert.equal(
          calibration.pValue(s) <= rate + 1e-12,
          s > threshold,
          `rate ${rate} score ${s}`,
        );
      }
    }
  }
});

Deno.test("Calibration refuses a rate that its rows cannot guarantee", () => {
  const calibration = new Calibration(new Float64Array(98));
  assert.throws(() => calibration.threshold(0.01), /98 calibration rows allow no less than 0.0102/);
  assert.doesNotThrow(() => new Calibration(new Float64Array(99)).threshold(0.01));
});

Deno.test("Calibration keeps the false-alarm rate on average over resamples", () => {
  // The rate of one calibration set is Beta(k, n + 1 - k) distributed; its mean over sets is k / (n + 1) = α. 400 sets,
  // each with 2,000 fresh scores: the standard error of the mean is below 0.0008.
  const random = new HostRandom(11, 0, 0);
  const draw = (count: number) => Float64Array.from({ length: count }, () => random.uniformF64());
  for (const rate of [0.1, 0.05, 0.01]) {
    const rates = Array.from({ length: 400 }, () => {
      const calibration = new Calibration(draw(199));
      return draw(2000).filter((s) => calibration.pValue(s) <= rate + 1e-12).length / 2000;
    });
    const mean = rates.reduce((a, b) => a + b) / rates.length;
    const deviation = Math.sqrt(rates.reduce((a, b) => a + (b - mean) ** 2, 0) / rates.length);
    const alarms = Math.floor(rate * 200 + 1e-9);
    const expected = alarms / 200;
    const variance = expected * (1 - expected) / 201 + expected * (1 - expected) / 2000;
    assert.ok(Math.abs(mean - expected) < 4 * Math.sqrt(variance / 400), `${rate}: ${mean}`);
    assert.ok(Math.abs(deviation / Math.sqrt(variance) - 1) < 0.2, `${rate}: spread ${deviation}`);
  }
});

Deno.test("Calibration refuses scores that are not finite: NaN would count as normal", () => {
  const calibration = new Calibration(Float64Array.of(1, 2, 3));
  for (const score of [NaN, Infinity, -Infinity]) {
    assert.throws(() => calibration.pValue(score), { name: "NotFiniteError" });
    assert.throws(() => new Calibration(Float64Array.of(1, score)), {
      name: "RangeError",
      message: /calibration row 2 has no finite score/,
    });
  }
});
