/**
 * Columns of many rare levels, whose new ones must not take up the false alarms. Oracle: thresholds counted by hand, and
 * a planted fault.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { unseenLevelWarnings } from "../../src/detection/columns/unseen_levels.ts";
import { planeRows } from "../util/data.ts";

const cells = (rows: readonly number[][]) => ({
  data: Float64Array.from(rows.flat()),
  rows: rows.length,
});

Deno.test("unseenLevelWarnings() compares the threshold with that of the rows whose levels were seen", () => {
  const schema = [
    { name: "who", kind: "categorical", levels: ["a", "b", "c"] },
    { name: "x", kind: "numeric" },
  ] as const;
  const training = cells([[0, 1], [1, 2], [NaN, 3]]);
  // Two rows hold code 2. A missing cell is no level, and numbers have none.
  const calibration = cells([[2, 7], [0, 8], [2, 9], [NaN, 9], [1, 9]]);
  const warningsOf = (scores: number[], falseAlarmRate = 0.2) =>
    unseenLevelWarnings(schema, training, {
      cells: calibration,
      scores: Float64Array.from(scores),
      falseAlarmRate,
    });
  const [warning, ...more] = warningsOf([30, 2, 20, 4, 3]);
  assert.match(warning, /^column "who": .* raise the threshold from 4\.0 to 30\.0 nats: /);
  assert.deepEqual(more, []);
  assert.deepEqual(warningsOf([5, 2, 6, 4, 3]), [], "not much higher");
  assert.deepEqual(warningsOf([2, 30, 3, 20, 4]), [], "high for another reason");
  assert.deepEqual(warningsOf([30, 2, 20, 4, 3], 0.5), [], "a rate that they do not fill");
});

Deno.test("a detector of a table with many customers flags another fault, and counts a new customer as usual", async () => {
  const plane = planeRows(400, 3, 5, 0.05);
  const rows = plane.map(([a, b, c], r) => ({ a, b, c, who: `k${r * 7919 % 131}` }));
  const detector = await Detector.fit(rows, { seed: 1, epochs: 40 });
  assert.deepEqual(detector.warnings.filter((each) => each.includes("no training row holds")), []);
  const fault = { ...rows[0], b: rows[0].b + 1.5 }, newcomer = { ...rows[0], who: "new" };
  assert.deepEqual(
    (await detector.score([fault, newcomer])).map(({ anomaly }) => anomaly),
    [true, false],
  );
});
