/**
 * Drift of a series. Oracles: repeating every value m times makes m steps worth what one was; the autocorrelation of
 * an autoregression; the binomial distribution of false alarms over simulated series; the same tests for independent
 * rows, which the same series deceive.
 */
import assert from "node:assert/strict";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { Detector } from "../../src/detection/detector.ts";
import { BlockShares } from "../../src/detection/drift/block_shares.ts";
import { ColumnTest } from "../../src/detection/drift/column_drift.ts";
import { sketchColumns } from "../../src/detection/drift/sketch.ts";
import { elbow, elbowOk, Folder, refused } from "../cli/util.ts";

const A = 0.9, WINDOW = 20, TRAINED = 1000, LATER = 1500;

/** x_t = a x_(t-1) + √(1 - a²) e_t, unit variance. */
function autoregression(steps: number, seed: number, a = A): Float64Array {
  const random = new HostRandom(seed, 0, 78);
  let state = normal(random);
  return Float64Array.from(
    { length: steps },
    () => state = a * state + Math.sqrt(1 - a * a) * normal(random),
  );
}

const rowsOf = (x: Float64Array, shift = 0) => Array.from(x, (value) => [value + shift]);

function blocksOf(values: Iterable<number>, points: readonly number[], size: number): BlockShares {
  const blocks = new BlockShares(Float64Array.from(points), size);
  for (const value of values) blocks.add(value);
  return blocks;
}

Deno.test("of values that each come m times, m steps tell as much as one did", () => {
  const x = autoregression(3000, 1).map((value, t) => t % 50 === 0 ? NaN : value), m = 3;
  const repeated = Array.from(x).flatMap((value) => Array<number>(m).fill(value));
  const points = [-1, 0, 0.5];
  const once = blocksOf(x, points, 10), often = blocksOf(repeated, points, 10 * m);
  assert.ok(once.stepsAsOne > 5, `${once.stepsAsOne}`);
  // The same numbers, whose quotients are rounded otherwise.
  assert.ok(Math.abs(often.stepsAsOne / once.stepsAsOne / m - 1) < 1e-12);
});

Deno.test("steps as one are about the autocorrelation time of the values, or of their being missing", () => {
  // Of the sign of an autoregression, by Sheppard's formula.
  let time = 1;
  for (let k = 1; k < 300; k++) time += 4 / Math.PI * Math.asin(A ** k);
  const meanOf = (a: number, tau: (x: Float64Array) => number) =>
    Array.from({ length: 20 }, (_, seed) => tau(autoregression(8000, seed, a)))
      .reduce((sum, each) => sum + each, 0) / 20;
  const ofValues = (x: Float64Array) => blocksOf(x, [0], 10).stepsAsOne;
  const ofGaps = (x: Float64Array) =>
    blocksOf(x.map((value) => value < 0 ? NaN : 1), [0], 10).gapsAsOne;
  const dependent = meanOf(A, ofValues), independent = meanOf(0, ofValues);
  const gaps = meanOf(A, ofGaps);
  // The largest of four estimates, the last of 8 blocks alone: its mean is above the truth, and below twice it.
  for (const [found, truth] of [[dependent, time], [independent, 1], [gaps, time]]) {
    assert.ok(found > truth && found < 2 * truth, `${found} for ${truth}`);
  }
});

Deno.test("unchanged series are called changed about as often as the rate says, and a shift is found", async () => {
  const seeds = 60, rate = 0.1;
  let changed = 0, found = 0, deceived = 0, alarms = 0, passed = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const x = autoregression(TRAINED + 500 + LATER, seed), later = x.subarray(TRAINED + 500);
    const detector = await Detector.fit(rowsOf(x.subarray(0, TRAINED)), { window: WINDOW });
    const options = { rate, runLength: 500 };
    const report = detector.drift(rowsOf(later), options);
    changed += Number(report.changed);
    found += Number(detector.drift(rowsOf(later, 1), options).changed);
    alarms += Number(report.stream.alarmAt !== undefined);
    passed += report.stream.alarmAt ?? LATER;
    const sketch = sketchColumns({ data: x.slice(0, TRAINED), rows: TRAINED }, detector.schema);
    const independent = new ColumnTest(detector.schema[0], 0, sketch);
    for (const value of later) independent.add(value);
    deceived += Number(independent.drift(0, rate / 2).changed);
    detector.dispose();
  }
  // 12 of 60 at a rate of 0.1 have a probability of 0.008 or less.
  assert.ok(changed < 12, `${changed} false alarms`);
  assert.ok(found >= 54, `${found} shifts found`);
  assert.ok(deceived > 30, `${deceived}: the series show nothing that independent rows would not`);
  // Rows per alarm, within two standard errors.
  assert.ok(
    passed / alarms > 500 * (1 - 2 / Math.sqrt(alarms)),
    `${passed} rows, ${alarms} alarms`,
  );
});

Deno.test("a series in parts has the drift of the whole, gaps and all, and a short one is refused", async () => {
  const x = autoregression(TRAINED + LATER, 3), random = new HostRandom(4, 0, 78);
  const detector = await Detector.fit(rowsOf(x.subarray(0, TRAINED)), { window: WINDOW });
  const later = rowsOf(x.subarray(TRAINED));
  const whole = detector.drift(later);
  async function* parts() {
    for (let at = 0; at < LATER; at += 7) yield await Promise.resolve(later.slice(at, at + 7));
  }
  assert.deepEqual(await detector.drift(parts()), whole);
  assert.ok(whole.scores.stepsAsOne! >= WINDOW);
  assert.deepEqual(whole.columns[0].missing, [0, 0]);
  const gaps = later.map((row) => random.uniformF64() < 0.1 ? [null] : row);
  const [column] = detector.drift(gaps).columns;
  assert.ok(column.changed && column.missing[1] > 0.05, "missing cells are a change");
  const least = 9 * WINDOW;
  assert.equal(detector.drift(later.slice(0, least)).rows, least);
  assert.throws(
    () => detector.drift(later.slice(0, least - 1)),
    /^RangeError: Cannot look for drift: needs at least 180 rows, 9 windows, got 179$/,
  );
  detector.dispose();
});

Deno.test("elbow drift of a series does what the library does, and says how much its steps tell", async () => {
  using folder = new Folder();
  const csv = (x: Float64Array) => `x\n${x.join("\n")}\n`, all = autoregression(4000, 5);
  const data = folder.write("t.csv", csv(all.subarray(0, TRAINED))), model = folder.at("m");
  await elbowOk("train", data, "--window", `${WINDOW}`, "--out", model);
  const later = folder.write("l.csv", csv(all.subarray(2000)));
  const detector = await Detector.load(Deno.readFileSync(model));
  const { model: _, data: __, ...got } = JSON.parse(await elbowOk("drift", model, later, "--json"));
  const expected = detector.drift(rowsOf(all.subarray(2000)));
  assert.deepEqual(got, JSON.parse(JSON.stringify(expected)));
  detector.dispose();
  const { stdout, stderr } = await elbow(["drift", model, later]);
  assert.match(stdout, /^Changed +no\n +a false alarm +about once in 100 such stretches$/m);
  assert.match(stdout, /^column .* steps as one\n\(score\) .* 2\d$/m);
  assert.equal(stderr, "");
  const slow = folder.write("s.csv", csv(autoregression(400, 6, 0.99)));
  assert.match(
    (await elbow(["drift", model, slow])).stderr,
    /^elbow: 400 steps tell as much about (x|the scores) as 1?\d independent ones: only large changes would show\n$/,
  );
  const timed = folder.write(
    "c.csv",
    `x,at\n${
      Array.from(all.subarray(0, TRAINED), (x, t) => `${x},${1.6e9 + 3600 * t}\n`).join("")
    }`,
  );
  const clock = ["--column", "at=timestamp", "--columns", "x,at"], withClock = folder.at("c");
  await elbowOk("train", timed, "--window", `${WINDOW}`, "--out", withClock, ...clock);
  const same = await elbow(["drift", withClock, timed]);
  assert.equal(same.stderr, "", "that times rise does not make steps tell less");
  assert.match(same.stdout, /^at +a clock .* -$/m);
  const short = folder.write("u.csv", csv(all.subarray(0, 100)));
  assert.match(
    await refused("drift", model, short),
    /needs at least 180 rows, 9 windows, got 100$/m,
  );
});
