/**
 * The size of a detector's file does not depend on the number of rows, and what keeps it small does not weaken
 * p-values.
 */
import assert from "node:assert/strict";
import { Calibration, Detector, TableScorer } from "../../mod.ts";
import { calibrationFraction, MAX_CALIBRATION_ROWS } from "../../src/detection/rows/split.ts";
import { roundUp } from "../../src/scoring/decisions/calibration.ts";
import { readModelFile } from "../../src/trained/file/model_file.ts";
import { writePackedFile } from "../../src/trained/file/packed_file.ts";
import { planeRows } from "../util/data.ts";

Deno.test("a file with 32 columns has at most 300 kB by default and 60 kB if small, however long the table", async () => {
  // Sizes depend only on columns, references and calibration rows: these are those of any table with 10,000 rows or
  // more.
  const most = 2000;
  for (const rows of [10_000, 20_000, 1e6]) {
    assert.ok(calibrationFraction(rows, 0.01) * rows <= most + 1e-6);
  }
  // Of numbers, and with a quarter of categories of ten levels, of which the default's rows lack some cells.
  for (const categories of [0, 8]) {
    const rows = planeRows(2 * most, 32, 21, 0.4).map((row) =>
      Object.fromEntries(row.map((value, c) => {
        const level = `level${Math.abs(Math.floor(5 * value)) % 10}`;
        return [`sensor_reading_${c}`, c % 4 === 3 && c < 4 * categories ? level : value];
      }))
    );
    const lacking = rows.map((row, r) =>
      categories > 0 && r % 20 === 0 ? { ...row, [`sensor_reading_${4 * (r % 8) + 3}`]: null } : row
    );
    for (const [preset, limit] of [["ensemble", 300_000], ["small", 60_000]] as const) {
      const options = { preset, seed: 1, epochs: 1, calibration: 0.5 };
      const detector = await Detector.fit(preset === "small" ? rows : lacking, options);
      assert.equal(detector.calibrationRows, most);
      const { length } = detector.save();
      assert.ok(length <= limit, `${preset}, ${categories} categories: ${length} bytes`);
      detector.dispose();
    }
  }
});

Deno.test("recalibrate() keeps at most as many scores as make p-values finer, however many rows there are", async () => {
  const all = planeRows(45_000, 3, 7, 0.5);
  const detector = await Detector.fit(all.slice(0, 200), { preset: "small", epochs: 5 });
  const { rows } = detector.recalibrate(all.slice(200, 25_000));
  assert.equal(rows, MAX_CALIBRATION_ROWS);
  assert.equal(detector.calibrationRows, MAX_CALIBRATION_ROWS);
  assert.ok(detector.save().length <= 60_000, `${detector.save().length} bytes`);
  // Which scores are left out does not depend on their values: the rate holds on rows that were in neither set.
  const other = await detector.score(all.slice(25_000));
  const flagged = other.filter(({ anomaly }) => anomaly).length;
  // Beta(100, 9,901) for the calibration and a binomial of 20,000 rows: four standard deviations of both.
  const deviation = Math.sqrt(0.01 * 0.99 * (1 / 10_000 + 1 / 20_000));
  assert.ok(Math.abs(flagged / 20_000 - 0.01) < 4 * deviation, `${flagged}`);
  detector.dispose();
});

Deno.test("roundUp() is the smallest float32 number that is not below the value", () => {
  for (const value of [0, 0.1, -0.1, 1e-50, -1e-50, 1 / 3, 16_777_217, -16_777_217, 1e30, -1e30]) {
    const up = roundUp(value);
    assert.equal(up, Math.fround(up));
    assert.ok(up >= value);
    const nearest = Math.fround(value);
    assert.ok(up === nearest || nearest < value, `${value}`);
    assert.ok(Math.abs(up - value) <= Math.max(2 ** -149, Math.abs(value) * 2 ** -23));
  }
});

Deno.test("rounding calibration scores makes no p-value smaller", () => {
  const scores = Float64Array.from({ length: 500 }, (_, i) => Math.sqrt(i) * 7 - 30);
  const calibration = new Calibration(scores);
  for (const s of [...scores, ...scores.map((score) => score + 1e-9)]) {
    const exact = (1 + scores.filter((each) => each >= s).length) / 501;
    assert.ok(calibration.pValue(s) >= exact);
    assert.ok(calibration.pValue(s) <= exact + 1 / 501 + 1e-12);
  }
});

Deno.test("an older file with a float64 calibration gives the same scores as before", async () => {
  const detector = await Detector.fit(planeRows(120, 4, 3, 0.5), { preset: "small", epochs: 5 });
  const file = readModelFile(detector.save()), { data } = file.tensors.get("table.calibration")!;
  assert.ok(data instanceof Float32Array);
  const older = Float64Array.from(data, (score) => score - 1e-9);
  const tensor = { dtype: "F64", shape: [older.length], data: older } as const;
  const tensors = new Map([...file.tensors, ["table.calibration", tensor]]);
  const loaded = await TableScorer.load(writePackedFile({ ...file, tensors }));
  const rows = planeRows(60, 4, 4, 0.9), want = await detector.score(rows);
  assert.deepEqual(await loaded.score(rows), want);
  for (const each of [detector, loaded]) each.dispose();
});
