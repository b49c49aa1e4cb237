/**
 * The warning about columns whose rare levels take up the false alarms. Oracle: counted by hand, and a table in which a
 * planted fault is not flagged with the column, and is without it.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { unseenLevelWarnings } from "../../src/detection/columns/unseen_levels.ts";
import { planeRows } from "../util/data.ts";

const cells = (rows: readonly number[][]) => ({
  data: Float64Array.from(rows.flat()),
  rows: rows.length,
});

Deno.test("unseenLevelWarnings() counts calibration rows with levels that no training row has", () => {
  const schema = [
    { name: "who", kind: "categorical", levels: ["a", "b", "c"] },
    { name: "x", kind: "numeric" },
  ] as const;
  const training = cells([[0, 1], [1, 2], [NaN, 3]]);
  // Half of these rows: code 2. A missing cell is no level, and numbers have none.
  const calibration = cells([[2, 7], [0, 8], [2, 9], [NaN, 9]]);
  const [warning, ...more] = unseenLevelWarnings(schema, training, calibration, 0.1);
  assert.match(warning, /^column "who": 50 % of the calibration rows .* rate of 0\.1 unless/);
  assert.deepEqual(more, []);
  assert.deepEqual(unseenLevelWarnings(schema, training, calibration, 0.5), []);
});

Deno.test("a detector says if a column of rare levels hides a fault, which it flags without the column", async () => {
  const plane = planeRows(400, 3, 5, 0.05);
  const rows = plane.map(([a, b, c], r) => ({ a, b, c, who: `k${r * 7919 % 131}` }));
  const fault = { ...rows[0], b: rows[0].b + 1.5 };
  const options = { seed: 1, epochs: 40 };
  const [withAll, without] = [
    await Detector.fit(rows, options),
    await Detector.fit(rows.map(({ who: _, ...row }) => row), options),
  ];
  const isWarned = ({ warnings }: Detector) =>
    warnings.some((each) => /^column "who": .* hold a value that no training row holds/.test(each));
  assert.deepEqual([isWarned(withAll), isWarned(without)], [true, false]);
  const { who: _, ...alone } = fault;
  assert.equal((await withAll.score([fault]))[0].anomaly, false);
  assert.equal((await without.score([alone]))[0].anomaly, true);
});
