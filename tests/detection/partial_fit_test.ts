/**
 * Continued training with new rows. Oracles: the exact distribution of the number of false alarms of a split-conformal
 * test, beta-binomial (Vovk, 2012); planted faults; and distances as the compiled program computes them.
 */
import assert from "node:assert/strict";
import { Detector, type DetectorOptions } from "../../mod.ts";
import { neighbourStatistics } from "../../src/detection/ensemble/reference_distances.ts";
import { Ensemble } from "../../src/scoring/ensemble/ensemble.ts";
import type { DeviceOptions } from "../../src/trained/device_options.ts";
import { auroc } from "../../src/scoring/metrics.ts";
import { project } from "../../src/scoring/views/projector.ts";
import { withoutRelaxedSimd } from "../util/host.ts";
import { assertSameBytes } from "../util/close.ts";
import { cellsOf, normals, planeRows } from "../util/data.ts";
import { flaggedBounds } from "../util/flagged_law.ts";

const ALL = planeRows(5200, 5, 31, 0.3);
const TRAINING = ALL.slice(0, 900), OLD = ALL.slice(900, 1900);
/** Another regime: one sensor reads higher, and another has the opposite sign. */
const shifted = (rows: number[][]) => rows.map((row) => row.with(1, row[1] + 4).with(3, -row[3]));
const NEW = shifted(ALL.slice(1900, 2700)), FRESH = shifted(ALL.slice(2700));
/** Rows of the new regime with one wrong cell. */
const FAULTS = FRESH.slice(0, 200).map((row, r) => row.with(r % 5, row[r % 5] + (r % 2 ? 6 : -6)));

const ENSEMBLE: DetectorOptions = { falseAlarmRate: 0.05, seed: 4 };
const SMALL: DetectorOptions = {
  ...ENSEMBLE,
  preset: "small",
  hidden: [24],
  latent: 2,
  epochs: 40,
};
const ENSEMBLE_BYTES = (await Detector.fit(TRAINING, ENSEMBLE)).save();
const SMALL_BYTES = (await Detector.fit(TRAINING, SMALL)).save();

const share = async (detector: Detector, rows: number[][]) =>
  (await detector.score(rows)).filter(({ anomaly }) => anomaly).length / rows.length;
const scoresOf = async (detector: Detector, rows: number[][]) =>
  (await detector.score(rows)).map(({ score }) => score);

/** And the share of faults that must be found. Without training the networks, 0.7 and 0.6 of them are found. */
const PRESETS = [["ensemble", ENSEMBLE_BYTES, 0.9], ["small", SMALL_BYTES, 0.75]] as const;

for (const [preset, bytes, least] of PRESETS) {
  Deno.test(`partialFit() of preset ${preset} keeps the rate on rows of a new regime, and finds faults in it`, async () => {
    const detector = await Detector.load(bytes), frozen = await Detector.load(bytes);
    assert.ok(await share(detector, FRESH) > 0.5, "the shift is one");
    const result = await detector.partialFit(NEW, { seed: 5 });
    assert.equal(result.trained + result.rows, NEW.length);
    assert.ok(result.chance! < 1e-6 && result.flaggedBefore > result.rows / 2);
    assert.deepEqual(result.thresholds, [frozen.threshold, detector.threshold]);
    const alarms = await share(detector, FRESH) * FRESH.length;
    const [low, high] = flaggedBounds(result.rows, 0.05, FRESH.length, 1e-3);
    assert.ok(alarms >= low && alarms <= high, `${alarms} outside ${low} … ${high}`);
    const found = await share(detector, FAULTS);
    frozen.recalibrate(NEW);
    const without = await share(frozen, FAULTS);
    assert.ok(found > least && found > without, `${found}, recalibrated alone ${without}`);
  });

  Deno.test(`partialFit() of preset ${preset}, and rounding for its file, use the arithmetic that the detector was loaded with`, async () => {
    const files = async (device: DeviceOptions) => {
      const detector = await Detector.load(bytes, device);
      await detector.partialFit(NEW, { seed: 5, epochs: 1 });
      return [detector.save(), detector.save({ format: "int8" })];
    };
    const portable = await files({ determinism: "portable" });
    using _host = withoutRelaxedSimd();
    const other = await files({ backend: "wasm" });
    portable.forEach((file, i) => assertSameBytes(file, other[i], "a host without relaxed SIMD"));
  });

  Deno.test(`partialFit() of preset ${preset}: the same seed gives the same bytes, and the file the same scores`, async () => {
    const one = await Detector.load(bytes), other = await Detector.load(bytes);
    await one.partialFit(NEW, { seed: 5, epochs: 1 });
    await other.partialFit(NEW, { seed: 5, epochs: 1 });
    assert.deepEqual(one.save(), other.save());
    const third = await Detector.load(bytes);
    await third.partialFit(NEW, { seed: 6, epochs: 1 });
    assert.notDeepEqual(third.save(), one.save());
    const loaded = await Detector.load(one.save());
    assert.deepEqual(await loaded.score(FRESH), await one.score(FRESH));
    const out = new Float64Array(1);
    const scores = await scoresOf(one, FRESH.slice(0, 20));
    for (let r = 0; r < 20; r++) {
      one.scoreInto(FRESH[r], out);
      assert.ok(Math.abs(out[0] - scores[r]) < 1e-3 * Math.max(1, scores[r]), "row by row");
    }
    assert.equal(one.drift(FRESH).changed, false, "drift is measured from the new rows");
  });

  Deno.test(`partialFit() of preset ${preset} refuses what it cannot use, and is unchanged afterwards`, async () => {
    const detector = await Detector.load(bytes), before = detector.save();
    const scores = await scoresOf(detector, OLD);
    // One extreme cell would spoil a single network. An ensemble leaves its row out, but refuses if every other row has
    // one.
    const isFar = (r: number) => preset === "small" ? r === 3 : r % 2 === 1;
    const far = NEW.map((row, r) => isFar(r) ? row.with(2, 1e30) : row);
    const refusals: [() => Promise<unknown>, RegExp][] = [
      [() => detector.partialFit(NEW.slice(0, 19)), /at least 20 rows, got 19/],
      [() => detector.partialFit(NEW.map((row) => row.slice(1))), /row 1/],
      [() => detector.partialFit({ data: new Float64Array(80), rows: 20 }), /5 columns, .* 4$/],
      [
        () => detector.partialFit(far),
        preset === "small" ? /row 4, column "x2"/ : /column "x2" lies/,
      ],
      [() => detector.partialFit(NEW, { calibration: 1 }), /calibration/],
      [() => detector.partialFit(NEW, { window: 3 } as never), /unknown key "window"/],
      [() => detector.partialFit(NEW, { signal: AbortSignal.abort(new Error("stop")) }), /stop/],
    ];
    for (const [act, message] of refusals) await assert.rejects(act, { message });
    assert.deepEqual(detector.save(), before);
    assert.deepEqual(await scoresOf(detector, OLD), scores);
    const first = detector.partialFit(NEW, { epochs: 1 });
    detector.recalibrate(OLD);
    const changed = detector.save();
    await assert.rejects(first, { name: "InvalidStateError" });
    assert.deepEqual(detector.save(), changed);
  });
}

Deno.test("partialFit() of an ensemble still recognises rows of the old regime, after several updates", async () => {
  const detector = await Detector.load(ENSEMBLE_BYTES);
  await detector.partialFit(NEW, { seed: 5 });
  assert.ok(await share(detector, OLD) < 0.2, `${await share(detector, OLD)} of the old rows`);
  await detector.partialFit(FRESH.slice(1500), { seed: 6 });
  assert.ok(await share(detector, OLD) < 0.5, `${await share(detector, OLD)} after another`);
});

Deno.test("partialFit() with rows like the old ones does not reduce detection, even from an int8 file", async () => {
  const fitted = await Detector.load(ENSEMBLE_BYTES);
  const rows = ALL.slice(1900, 2700), fresh = ALL.slice(2700, 3700);
  const faults = fresh.map((row, r) => row.with(r % 5, row[r % 5] + (r % 2 ? 1.5 : -1.5)));
  const area = async (detector: Detector) =>
    auroc(
      Float64Array.from([...await scoresOf(detector, fresh), ...await scoresOf(detector, faults)]),
      Uint8Array.from({ length: 2 * fresh.length }, (_, r) => Number(r >= fresh.length)),
    );
  const before = await area(fitted);
  const int8 = fitted.save({ format: "int8", rows: OLD });
  for (const bytes of [ENSEMBLE_BYTES, int8]) {
    const detector = await Detector.load(bytes);
    const { chance } = await detector.partialFit(rows);
    assert.ok(chance! > 1e-3, "rows of the same kind");
    // The standard error of an AUROC of A over 1,000 and 1,000 rows is at most √(A (1 - A) / 1,000).
    const after = await area(detector);
    const error = Math.sqrt(before * (1 - before) / 1000);
    assert.ok(before > 0.8 && after > before - 3 * error, `${before}, then ${after}`);
    const loaded = await Detector.load(detector.save());
    assert.deepEqual(await loaded.score(fresh), await detector.score(fresh));
  }
});

Deno.test("neighbourStatistics() equals what the compiled program computes of the same rows", async () => {
  const detector = await Detector.load(ENSEMBLE_BYTES), model = detector.table.ensemble!;
  const ensemble = new Ensemble(
    { ...model, statistics: ["neighbours"] },
    detector.vae.onHost.machine,
  );
  const cells = cellsOf(OLD.slice(0, 32)),
    batch = ensemble.batch();
  batch.run({ cells: cells.data, at: 0, rows: 32 });
  model.parts.forEach(({ view, references }, p) => {
    const rows = Uint32Array.from({ length: 32 }, (_, r) => r),
      projection = project(view, cells, 5);
    // Row 0 without the reference nearest to it.
    const distances = Array.from(
      references.spread,
      (_, s) =>
        Math.hypot(...OLD[0].map((_, f) => projection.x.data[f] - references.rows[5 * s + f])),
    );
    const near = distances.indexOf(Math.min(...distances));
    const got = neighbourStatistics(projection, rows, references, new Map([[0, near]]));
    rows.forEach((r) => {
      const expected = batch.parts[p].neighbours(r, r === 0 ? near : -1);
      assert.ok(Math.abs(got[r] - expected) < 1e-4 * expected, `row ${r}: ${got[r]}, ${expected}`);
    });
  });
  ensemble.dispose();
  detector.dispose();
});

Deno.test("partialFit() takes missing cells, text and few rows; it refuses missing cells for a network of whole rows", async () => {
  const noise = normals(600, 8);
  const table = (rows: number, at: number) =>
    Array.from({ length: rows }, (_, r) => ({
      a: r % 7 === 0 ? null : noise[at + r] + (r % 2 ? 3 : 0),
      b: noise[599 - at - r],
      kind: r % 2 ? "up" : "down",
    }));
  for (const preset of ["ensemble", "small"] as const) {
    const detector = await Detector.fit(table(150, 0), { preset, epochs: 3, falseAlarmRate: 0.1 });
    const { trained, rows } = await detector.partialFit(table(20, 200));
    assert.deepEqual([trained, rows], [10, 10]);
    for (const { score } of await detector.score(table(30, 300))) assert.ok(Number.isFinite(score));
    assert.deepEqual((await Detector.load(detector.save())).save(), detector.save());
  }
  const whole = await Detector.load(SMALL_BYTES);
  await assert.rejects(() => whole.partialFit(NEW.with(6, NEW[6].with(1, NaN))), {
    message: /row 7, column "x1": .* trained on whole rows/,
  });
});

Deno.test("an ensemble reports that it trained on 48,000 of many new rows", async () => {
  const detector = await Detector.load(ENSEMBLE_BYTES), rows = planeRows(50_000, 5, 32, 0.3);
  const { trained } = await detector.partialFit(rows, { epochs: 1 });
  assert.equal(trained, 48_000);
  detector.dispose();
});
