/**
 * Updates of a series with later steps. Oracles: series of two regimes with planted faults; a detector that was only
 * recalibrated; and for what is kept of the old windows, the moments of old and new rows together.
 */
import assert from "node:assert/strict";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { Detector, type DetectorOptions } from "../../mod.ts";
import { oldWindows, pooled } from "../../src/detection/series/old_windows.ts";
import { auroc } from "../../src/scoring/metrics.ts";
import { runSync } from "../../src/trained/steps.ts";
import { momentSteps } from "../../src/training/em/moments.ts";
import { assertRelative } from "../util/close.ts";
import { normals } from "../util/data.ts";

const WINDOW = 16, RATE = 0.05;

/** Four sensors that run slower in the second regime; with faults, the second reads too high for 10 steps in 200. */
function steps(count: number, seed: number, isLater: boolean, hasFaults = false): number[][] {
  const random = new HostRandom(seed, 0, 5), speed = isLater ? 1 / 11 : 1 / 7;
  let wander = 0;
  return Array.from({ length: count }, (_, t) => {
    wander = 0.9 * wander + 0.3 * normal(random);
    return [
      (isLater ? 1.5 : 0) + Math.sin(t * speed) + 0.1 * normal(random),
      Math.cos(t * speed) * (isLater ? 0.5 : 1) + 0.1 * normal(random) +
      (hasFaults && isFault(t) ? 0.8 : 0),
      wander + 0.2 * normal(random),
      0.7 * wander + 0.2 * normal(random) + (isLater ? Math.sin(t * speed) / 2 : 0),
    ];
  });
}

const isFault = (t: number) => t % 200 >= 100 && t % 200 < 110;

const OLD = steps(2000, 1, false), NEW = steps(1000, 2, true);

async function flagged(detector: Detector, rows: number[][]): Promise<number> {
  return (await detector.score(rows)).filter(({ anomaly }) => anomaly).length / rows.length;
}

async function ranking(detector: Detector, isLater: boolean): Promise<number> {
  const scored = await detector.score(steps(2000, 5, isLater, true));
  const labels = Uint8Array.from(scored, (_, t) => Number(isFault(t)));
  return auroc(Float64Array.from(scored, ({ score }) => score), labels);
}

Deno.test("partialFit() of a series finds faults in what has changed and in what was, and keeps about to its rate", async () => {
  const detector = await Detector.fit(OLD, { window: WINDOW, falseAlarmRate: RATE });
  const recalibrated = await Detector.load(detector.save()), before = detector.threshold;
  const result = await detector.partialFit(NEW);
  assert.equal(result.trained, NEW.length);
  assert.equal(result.scored, NEW.length);
  assert.ok(result.flaggedBefore > 0.9 * NEW.length && result.chance === undefined);
  assert.deepEqual(result.thresholds, [before, detector.threshold]);
  recalibrated.recalibrate(NEW);
  assert.ok(await ranking(recalibrated, true) < 0.8, "a calibration alone does not learn");
  for (const isLater of [true, false]) {
    assert.ok(await ranking(detector, isLater) > 0.95);
    // Alarms come in runs: those of three stretches may be a few times the rate, all steps are flagged without.
    assert.ok(await flagged(detector, steps(3000, 6, isLater)) < 3 * RATE);
  }
  const loaded = await Detector.load(detector.save());
  assert.deepEqual(loaded.save(), detector.save());
  for (const each of [detector, recalibrated, loaded]) each.dispose();
});

Deno.test("the old windows are those of the model, and pooled with new ones have the moments of all", async () => {
  const cells = normals(60 * 4, 3),
    matrix = (first: number, end: number) => ({
      data: Float32Array.from(cells.slice(4 * first, 4 * end)),
      shape: [end - first, 4] as const,
    });
  const moments = (first: number, end: number) => runSync(momentSteps(matrix(first, end)));
  const both = pooled({ ...moments(0, 20), latent: 1, share: 20 / 60 }, moments(20, 60));
  // Float64 sums of 60 values of about one.
  assertRelative(both.mean, moments(0, 60).mean, 0, 1e-12);
  assertRelative(both.covariance, moments(0, 60).covariance, 0, 1e-12);

  const detector = await Detector.fit(OLD, { window: WINDOW });
  const old = oldWindows(detector.vae, 300),
    { data, shape: [rows, width] } = detector.toVae(
      { data: Float64Array.from(OLD.flat()), rows: OLD.length },
    );
  assert.equal(old.share, 1 / 4);
  const variance = (d: number) => {
    let square = 0;
    for (let r = 0; r < rows; r++) square += data[r * width + d] ** 2;
    return square / rows;
  };
  // A tenth of the windows did not train, and the noise of columns has limits.
  for (let d = 0; d < width; d++) {
    assert.ok(Math.abs(old.covariance[d * width + d] / variance(d) - 1) < 0.2, `cell ${d}`);
  }
  detector.dispose();
});

for (const preset of ["small", "ensemble"] as const) {
  Deno.test(`partialFit() of a series with preset ${preset} trains on windows and calibrates on others`, async () => {
    const options: DetectorOptions = { window: 6, preset, epochs: 4, falseAlarmRate: RATE };
    const bytes = (await Detector.fit(OLD.slice(0, 600), options)).save();
    const updated = async () => {
      const detector = await Detector.load(bytes);
      const { trained, rows, flaggedBefore } = await detector.partialFit(NEW, { epochs: 4 });
      assert.equal(trained + rows, NEW.length);
      assert.ok(rows > 100 && flaggedBefore > 300);
      return detector;
    };
    const [one, other] = [await updated(), await updated()];
    assert.deepEqual(one.save(), other.save());
    assert.ok(await flagged(one, steps(1000, 7, true)) < 0.3);
    for (const each of [one, other]) each.dispose();
  });
}

Deno.test("partialFit() refuses steps and options that a series cannot use, and leaves the detector as it was", async () => {
  const detector = await Detector.fit(OLD, { window: WINDOW }), before = detector.save();
  const refused = (rows: number[][], options: object, message: RegExp) =>
    assert.rejects(() => detector.partialFit(rows, options), { message });
  await refused(NEW.slice(0, 63), {}, /needs at least 64 rows, 4 windows, got 63/);
  const empty = Array.from({ length: WINDOW }, () => [NaN, NaN, NaN, NaN]);
  await refused([...NEW.slice(0, 63), ...empty], {}, /needs at least 64 rows, 4 windows, got 63/);
  await refused(NEW, { epochs: 3 }, /preset "linear" takes no epochs/);
  await refused(NEW, { calibration: 0.3 }, /takes no calibration/);
  await refused(NEW.map((row) => row.map((cell) => 1e9 + 1e9 * cell)), {}, /"x0" lies more than a/);
  await refused(NEW.map((row) => row.slice(1)), {}, /rows must have 4 columns|expected 4/);
  assert.deepEqual(detector.save(), before);
  detector.dispose();
});

Deno.test("partialFit() of a series takes the last steps of many", async () => {
  const detector = await Detector.fit(OLD, { window: WINDOW });
  const { trained } = await detector.partialFit([...OLD, ...NEW], { maxRows: 1000 });
  assert.equal(trained, 1000);
  assert.ok(detector.warnings.some((each) => /^1000 of 3000 rows .* the last ones/.test(each)));
  const direct = await Detector.fit(OLD, { window: WINDOW });
  await direct.partialFit(NEW);
  const score = async (each: Detector) => (await each.score(NEW.slice(0, 50)))[20].score;
  assert.equal(await score(detector), await score(direct));
  for (const each of [detector, direct]) each.dispose();
});
