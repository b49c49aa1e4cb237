/**
 * Detectors after training: recalibration, drift, and files with fewer bits per weight. Oracles: the calibration
 * computed directly from scores, and the file read back.
 */
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { Calibration, Detector, type DetectorOptions, VAE } from "../../mod.ts";
import { readModelFile } from "../../src/trained/file/model_file.ts";
import { convertFormat } from "../../src/detection/convert_format.ts";
import { rankCorrelation } from "../../src/core/ranks.ts";
import { cellsOf, planeRows } from "../util/data.ts";

const ROWS = planeRows(2200, 5, 13, 0.3), TRAINING = ROWS.slice(0, 700);
const FRESH = ROWS.slice(700, 1200), LATER = ROWS.slice(1200);
const OPTIONS: DetectorOptions = {
  preset: "small",
  epochs: 15,
  hidden: [48, 48],
  latent: 2,
  seed: 2,
};
const BYTES = (await Detector.fit(TRAINING, OPTIONS)).save();
const shifted = (rows: number[][]) => rows.map((row) => row.with(1, row[1] + 8));

Deno.test("Detector.recalibrate() takes p-values from the new rows and changes no score", async () => {
  const detector = await Detector.load(BYTES);
  const before = (await detector.score(LATER)).map(({ score }) => score), old = detector.threshold;
  const { rows, thresholds, flaggedBefore, chance } = detector.recalibrate(FRESH);
  const scores = Float64Array.from(await detector.score(FRESH), ({ score }) => score);
  const calibration = new Calibration(scores);
  assert.deepEqual(thresholds, [old, calibration.threshold(0.01)]);
  assert.equal(rows, FRESH.length);
  assert.equal(flaggedBefore, scores.filter((score) => score > old).length);
  assert.ok(chance! > 0.001, "rows of the same kind");
  const after = await detector.score(LATER);
  assert.deepEqual(after.map(({ score }) => score), before);
  for (const { score, pValue } of after) assert.equal(pValue, calibration.pValue(score));
  const loaded = await Detector.load(detector.save());
  assert.deepEqual(await loaded.score(LATER), after);
  assert.deepEqual(loaded.drift(LATER), detector.drift(LATER));
});

Deno.test("Detector.recalibrate() on rows of another kind keeps the rate on them, and reports how unlikely they were", async () => {
  const detector = await Detector.load(BYTES);
  detector.setFalseAlarmRate(0.05);
  const { chance, flaggedBefore } = detector.recalibrate(shifted(FRESH));
  assert.ok(chance! < 1e-6 && flaggedBefore > 100, `${flaggedBefore}, ${chance}`);
  const verdicts = await detector.score(shifted(LATER));
  const rate = verdicts.filter(({ anomaly }) => anomaly).length / verdicts.length;
  // 500 calibration rows and 1,000 new ones: the standard deviation is √(0.05 · 0.95 (1/500 + 1/1000)) = 0.012.
  assert.ok(Math.abs(rate - 0.05) < 4 * 0.012, `${rate}`);
  assert.throws(
    () => detector.recalibrate(FRESH.slice(0, 9)),
    /at least 10 rows, got 9/,
  );
  detector.recalibrate(FRESH.slice(0, 10));
  assert.equal(detector.falseAlarmRate, 1 / 11, "the finest that ten rows keep");
});

Deno.test("Detector.drift() reports no change for rows of the same kind, and otherwise names the column that moved", async () => {
  const detector = await Detector.load(BYTES);
  assert.equal(detector.drift(LATER).changed, false);
  const moved = detector.drift(shifted(LATER));
  assert.deepEqual(moved.columns.filter(({ changed }) => changed).map(({ name }) => name), ["x1"]);
  assert.ok(moved.scores.changed && moved.stream.alarmAt! < 100);
  detector.recalibrate(shifted(FRESH));
  assert.equal(detector.drift(shifted(LATER)).changed, false, "measured from the new rows");
});

Deno.test("Detector.save() as f16 or int8 gives a smaller file, calibrated again, with the rows in the same order", async () => {
  for (const preset of ["small", "ensemble"] as const) {
    const detector = preset === "small"
      ? await Detector.fit(TRAINING, OPTIONS)
      : await Detector.fit(TRAINING, { preset, epochs: 5, members: 1, seed: 2 });
    const whole = detector.save({ format: "f32" }).length;
    for (const [format, share] of [["f16", 0.8], ["int8", 0.65]] as const) {
      const bytes = detector.save({ format });
      assert.ok(bytes.length < share * whole, `${preset} ${format}: ${bytes.length} of ${whole}`);
      assert.equal(readModelFile(bytes).format, format);
      const loaded = await Detector.load(bytes);
      const scores = async (each: Detector) =>
        Float64Array.from(await each.score(LATER), ({ score }) => score);
      assert.ok(rankCorrelation(await scores(detector), await scores(loaded)) > 0.99);
      const alarms = (await loaded.score(LATER)).filter(({ pValue }) => pValue <= 0.1).length /
        1000;
      const error = Math.sqrt(0.1 * 0.9 * (1 / loaded.calibrationRows + 1 / 1000));
      assert.ok(Math.abs(alarms - 0.1) < 4 * error, `${preset} ${format}: ${alarms}`);
      assert.deepEqual(loaded.save(), bytes, "as it came");
      const exact = await Detector.load(loaded.save({ format: "f32" }));
      assert.deepEqual(await exact.score(LATER), await loaded.score(LATER), "nothing to lose");
      const other = format === "f16" ? "int8" : "f16";
      assert.throws(() => loaded.save({ format: other }), {
        name: "TypeError",
        message: /give normal rows, to calibrate/,
      });
    }
  }
});

Deno.test("a file in fewer bits is refused if its scores no longer order rows alike", async () => {
  const detector = await Detector.load(BYTES), file = detector.modelFile();
  const cells = cellsOf(FRESH);
  // One weight of each channel is a million times as large as the others, which are therefore rounded to zero.
  const tensors = new Map(file.tensors);
  for (const [name, tensor] of tensors) {
    if (!(tensor.data instanceof Float32Array) || tensor.shape[0] < 8) continue;
    const data = tensor.data.slice();
    for (let c = 0; c < tensor.shape[1]; c++) data[c] = 1e6;
    tensors.set(name, { ...tensor, data });
  }
  assert.throws(() => convertFormat(detector, { ...file, tensors }, "int8", cells), {
    name: "RangeError",
    message: /Cannot save as int8: scores must keep their order.*, got -?0\.\d+$/,
  });
});

Deno.test("Detector.decide() takes what score() returned, and its scores alone", async () => {
  const detector = await Detector.load(BYTES), rows = [...LATER.slice(0, 50), ...shifted(FRESH)];
  const scored = await detector.score(rows), options = { fdr: 0.1 };
  const decided = detector.decide(scored, options);
  const scores = scored.map(({ score }) => score);
  assert.ok(decided.anomalies > 100);
  for (const same of [scores, Float64Array.from(scores)]) {
    assert.deepEqual(detector.decide(same, options).pValues, decided.pValues);
  }
  assert.deepEqual(
    detector.decide(scored).pValues,
    Float64Array.from(scored, (each) => each.pValue),
  );
});

Deno.test("a console shows what a detector and a VAE are, not their parameters", async () => {
  const detector = await Detector.load(BYTES),
    vae = VAE.create({ inputs: 2, latent: [{ size: 1 }] });
  for (const shown of [Deno.inspect(detector), inspect(detector)]) {
    assert.match(shown, /Detector/);
    assert.match(shown, /falseAlarmRate: 0.01/);
    assert.ok(shown.split("\n").length < 30, shown);
  }
  for (const shown of [Deno.inspect(vae), inspect(vae)]) {
    assert.match(shown, /VAE/);
    assert.match(shown, /inputs: 2/);
    // Two linear maps of two and one columns, one of them twice, with biases, and two variances.
    assert.match(shown, /parameters: 12/);
    assert.ok(shown.split("\n").length < 40, shown);
  }
});
