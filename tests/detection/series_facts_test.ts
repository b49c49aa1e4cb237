/**
 * Warnings about a series before and after training: its times, its order, and anomalies among the calibration steps.
 * Oracle: series with known times, order and faults.
 */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/random/philox.ts";
import { normal } from "../../src/core/random/draws.ts";
import { Detector } from "../../src/detection/detector.ts";
import type { DetectorOptions } from "../../src/detection/options.ts";
import { shiftedColumns } from "../../src/detection/drift/shifted_columns.ts";
import { stepTimeWarnings } from "../../src/detection/series/step_times.ts";
import {
  farStepWarnings,
  fewWindowWarnings,
} from "../../src/detection/series/threshold_warnings.ts";
import { toCells } from "../../src/scoring/table/table_rows.ts";

const said = (...seconds: number[]) => stepTimeWarnings("at", Float64Array.from(seconds));

/** One second apart. */
const even = Array.from({ length: 50 }, (_, i) => i);

Deno.test("times that ascend in even steps cause no warning, and neither do missing times and a little jitter", () => {
  assert.deepEqual(said(...even), []);
  assert.deepEqual(said(...even.map((s) => s === 20 ? NaN : s + 0.1 * (s % 3))), []);
  assert.deepEqual([said(), said(5), said(NaN, NaN)], [[], [], []]);
});

Deno.test("times that go back, repeat or have gaps cause a warning with their number", () => {
  assert.match(
    said(...even.toReversed())[0],
    /"at" goes back at 49 of 49 steps: .* order of its rows, which must be that of time: sort them/,
  );
  const stacked = said(...even, ...even);
  assert.equal(stacked.length, 1);
  assert.match(stacked[0], /goes back at 1 of 99 steps/);
  assert.match(said(...even, 49, 49)[0], /stands still at 2 of 51 steps/);
  assert.equal(said(3, 3, 3).length, 1);
  assert.match(
    said(...even.map((s) => s < 25 ? s : s + 7200))[0],
    /has 1 gap, of 2 hours where 1 second is usual: windows run across it /,
  );
  assert.match(
    said(...even.map((s) => s + Math.floor(s / 20)))[0],
    /has 2 gaps, the longest of 2 seconds where 1 second is/,
  );
  assert.match(said(...even.map((s) => s * s))[0], /is unevenly spaced/);
});

/** Two sensors in step; between `from` and `to` the second is stuck. */
function sensors(steps: number, seed: number, from = 0, to = 0): number[][] {
  const random = new HostRandom(seed, 0, 78);
  return Array.from({ length: steps }, (_, t) => {
    const own = t >= from && t < to ? 0 : Math.cos(t / 6);
    return [Math.sin(t / 6) + 0.1 * normal(random), own + 0.1 * normal(random)];
  });
}

Deno.test("anomalies among the calibration steps cause a warning, with a rate at which such steps would be flagged", async () => {
  const clean = await Detector.fit(sensors(1200, 1), { window: 12 });
  assert.deepEqual(clean.warnings, []);
  const detector = await Detector.fit(sensors(1200, 1, 500, 560), { window: 12 });
  const warning = detector.warnings.find((each) => /score far above the rest/.test(each));
  const [, percent, rate] = /^([\d.]+) % of .* a rate of ([\d.]+) flags steps like them$/.exec(
    warning!,
  )!;
  assert.ok(Number(percent) > 4 && Number(percent) < 8, warning);
  const flaggedOf = async () =>
    (await detector.score(sensors(400, 2, 200, 230))).map(({ anomaly }) => anomaly);
  const fault = (flags: boolean[]) => flags.slice(205, 225).filter(Boolean).length;
  assert.ok(fault(await flaggedOf()) < 10, "at 1 % they are the standard");
  detector.setFalseAlarmRate(Number(rate));
  const flags = await flaggedOf();
  assert.equal(fault(flags), 20);
  const alarms = [...flags.slice(0, 180), ...flags.slice(250)].filter(Boolean).length;
  assert.ok(alarms <= Number(rate) * 330, `${alarms} false alarms at a rate of ${rate}`);
  for (const each of [clean, detector]) each.dispose();
});

Deno.test("farStepWarnings() warns if more steps than the rate are far out, and only then", () => {
  const scores = (far: number) =>
    Float64Array.from({ length: 1000 }, (_, i) => i < 1000 - far ? 40 + i / 100 : 90);
  assert.deepEqual(farStepWarnings(scores(0), 0.01), []);
  assert.deepEqual(farStepWarnings(scores(10), 0.01), []);
  assert.match(farStepWarnings(scores(30), 0.01)[0], /^3 % of .* a rate of 0.04 flags/);
  assert.deepEqual(farStepWarnings(scores(30), 0.03), []);
  assert.deepEqual(farStepWarnings(new Float64Array(1000).fill(-7), 0.01), []);
});

Deno.test("a rate too low for the number of windows causes a warning, in every preset", async () => {
  // 3 stretches of 100 steps: 91 windows of 10 steps each.
  assert.deepEqual(fewWindowWarnings([91, 91, 91], 10, 1 / 30), []);
  assert.match(fewWindowWarnings([91, 91, 91], 10, 0.03)[0], /only 30 windows .* of 0.03 several/);
  const warned = async (options: DetectorOptions) => {
    const detector = await Detector.fit(sensors(600, 8), { window: 12, ...options });
    detector.dispose();
    return detector.warnings.flatMap((each) => /only (\d+) windows/.exec(each)?.[1] ?? []);
  };
  assert.deepEqual(await warned({}), ["50"]);
  assert.deepEqual(await warned({ falseAlarmRate: 0.02 }), []);
  const [kept] = await warned({ preset: "small", epochs: 2 });
  assert.ok(Number(kept) < 30, "only what is kept back calibrates a network");
});

Deno.test("rows whose order does not matter cause a warning if they are declared a series", async () => {
  const rows = sensors(400, 3);
  // 7 and 400 have no common divisor, so every row occurs once, far from its neighbours.
  const mixed = rows.map((_, t) => rows[(t * 157) % 400]);
  const warned = async (series: number[][]) => {
    const detector = await Detector.fit(series, { window: 10 });
    detector.dispose();
    return detector.warnings.some((each) => /could be in any order/.test(each));
  };
  assert.deepEqual([await warned(rows), await warned(mixed)], [false, true]);
});

Deno.test("the times in a series' rows are checked when it is fitted", async () => {
  const start = Date.UTC(2026, 0, 1), hour = 3_600_000;
  const rows = sensors(400, 4).map(([a, b], t) => ({
    at: new Date(start + t * hour).toISOString(),
    a,
    b,
  }));
  const back = [...rows.slice(0, 200), ...rows.slice(100, 300)];
  for (const [series, count] of [[rows, 0], [back, 1]] as const) {
    const detector = await Detector.fit(series, { window: 10 });
    assert.equal(
      detector.warnings.filter((each) => /goes back at 1 of 399/.test(each)).length,
      count,
    );
    assert.ok(detector.warnings.some((each) => /"at" .* leave it out unless/.test(each)));
    detector.dispose();
  }
});

Deno.test("shiftedColumns() names columns whose values have changed, and nothing for models without sketches", async () => {
  const detector = await Detector.fit(sensors(300, 5), { window: 10, columns: ["a", "b"] });
  const cells = (level: number) =>
    toCells(sensors(200, 6).map(([a, b]) => [a, b + level]), detector.schema);
  assert.deepEqual(shiftedColumns(detector.table, cells(0)), []);
  assert.deepEqual(shiftedColumns(detector.table, cells(3)), ["b"]);
  assert.equal(shiftedColumns({ schema: detector.schema }, cells(3)), undefined);
  detector.dispose();
});
