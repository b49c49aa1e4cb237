/** Which rows calibrate, and which rate they can guarantee. Expected values follow from the definitions. */
import assert from "node:assert/strict";
import { Calibration } from "../../mod.ts";
import { attainableRate, evenlySpaced } from "../../src/detection/calibrate.ts";
import { calibrationFraction, MAX_CALIBRATION_ROWS } from "../../src/detection/rows/split.ts";

Deno.test("the scores that are kept of many are evenly spaced over all rows, not the first ones", () => {
  const kept = evenlySpaced(Float64Array.from({ length: 25_000 }, (_, row) => row));
  assert.equal(kept.length, MAX_CALIBRATION_ROWS);
  kept.forEach((row, i) => assert.equal(row, Math.floor(2.5 * i)));
});

Deno.test("calibration holds out a fifth of the rows, or twice as many as the false-alarm rate needs if that is more", () => {
  // 1,000 rows can guarantee a rate of 0.001, and 100 a rate of 0.01.
  assert.equal(6000 * calibrationFraction(6000, 0.001), 2000);
  assert.equal(6000 * calibrationFraction(6000, 0.01), 1200);
});

Deno.test("a rate that the calibration rows just allow is kept without a warning", () => {
  const calibration = new Calibration(new Float64Array(99));
  assert.deepEqual(attainableRate(0.01, calibration), { falseAlarmRate: 0.01, warnings: [] });
  const kept = attainableRate(0.0099, calibration);
  assert.equal(kept.falseAlarmRate, 0.01);
  assert.match(kept.warnings.join(), /^99 calibration rows allow no false-alarm rate below 0.01$/);
});
