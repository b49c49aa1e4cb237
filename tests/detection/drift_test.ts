/**
 * Drift: the statistical tests against SciPy (`tests/decisions/golden.ts`), run lengths by counting, and planted
 * changes.
 */
import assert from "node:assert/strict";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { Detector } from "../../src/detection/detector.ts";
import { DriftTest } from "../../src/detection/drift/drift.ts";
import type { DriftOptions, DriftReference } from "../../src/detection/drift/drift_report.ts";
import { countAt } from "../../src/core/probability/point_counts.ts";
import {
  kolmogorovDistance,
  kolmogorovPValue,
  kolmogorovTail,
} from "../../src/core/probability/kolmogorov.ts";
import { DriftMonitor } from "../../src/detection/drift/monitor.ts";
import { fisherExactPValue } from "../../src/core/probability/fisher_exact.ts";
import { distanceTo, sketchColumns, sketchOf } from "../../src/detection/drift/sketch.ts";
import type { Cells } from "../../src/scoring/table/cells.ts";
import { numericSchema } from "../../src/scoring/table/schema.ts";
import { Calibration } from "../../src/scoring/decisions/calibration.ts";
import { assertRelative } from "../util/close.ts";
import { estimate } from "../util/statistics.ts";
import { golden } from "../decisions/golden.ts";

/** The report on a table in parts of some size; by default in one. */
function driftReport(
  reference: DriftReference,
  { data, rows }: Cells,
  scores: Float64Array,
  { part = rows, ...options }: DriftOptions & { readonly part?: number } = {},
) {
  const test = new DriftTest(reference, options), width = data.length / rows;
  for (let first = 0; first < rows; first += part) {
    const end = Math.min(rows, first + part);
    const cells = { data: data.slice(first * width, end * width), rows: end - first };
    test.add(cells, scores.slice(first, end));
  }
  return test.report();
}

const draws = (count: number, seed: number, shift = 0, spread = 1) => {
  const random = new HostRandom(seed, 0, 7);
  return Float64Array.from({ length: count }, () => shift + spread * normal(random));
};

Deno.test("kolmogorovTail(), kolmogorovDistance() and fisherExactPValue() agree with SciPy", () => {
  for (const [x, want] of golden.kolmogorov) assertRelative(kolmogorovTail(x), want, 1e-9, 1e-15);
  for (const { a, b, distance, exact } of golden.kolmogorovSamples) {
    const got = kolmogorovDistance(Float64Array.from(a).sort(), Float64Array.from(b).sort());
    assertRelative(got, distance, 1e-12);
    // Stephens's approximation against the exact distribution: within 15 % or 0.02.
    assertRelative(kolmogorovPValue(got, a.length, b.length), exact, 0.15, 0.02);
  }
  for (const [a, n, b, m, want] of golden.shares) {
    assertRelative(fisherExactPValue(a, n, b, m), want, 1e-9, 0, `${a}/${n} and ${b}/${m}`);
  }
});

Deno.test("the distance to a sketch is at most that to all rows, and at most 0.03 less", () => {
  for (const [shift, spread] of [[0, 1], [0.4, 1], [0, 2], [-3, 0.5]]) {
    const known = draws(2000, 1), now = draws(500, 2, shift, spread).sort();
    const sketch = sketchOf(sketchColumns({ data: known, rows: 2000 }, numericSchema(["a"])), 0);
    const [got, all] = [
      distanceTo(sketch, countAt(sketch.points, now)),
      kolmogorovDistance(known.slice().sort(), now),
    ];
    assert.ok(got <= all + 1e-12 && got > all - 0.03, `${shift}: ${got} of ${all}`);
  }
  const levels = Float64Array.from({ length: 900 }, (_, r) => r % 3);
  const sketch = sketchOf(sketchColumns({ data: levels, rows: 900 }, numericSchema(["a"])), 0);
  const now = countAt(sketch.points, Float64Array.from([0, 0, 1, 2]));
  assertRelative(distanceTo(sketch, now), 1 / 6, 1e-12);
});

Deno.test("without drift, DriftMonitor runs on average at least as long as stated before it raises an alarm", () => {
  // 300 streams, each until its alarm: the mean length is at least c, up to four standard errors.
  const c = 200;
  const lengths = Array.from({ length: 300 }, (_, seed) => {
    const scores = draws(60, 2 * seed), random = new HostRandom(2 * seed + 1, 0, 7);
    const monitor = new DriftMonitor(new Calibration(scores), { runLength: c, seed });
    while (!monitor.alarm && monitor.rows < 20 * c) monitor.observe(normal(random));
    return monitor.rows;
  });
  const { mean, standardError } = estimate(lengths);
  assert.ok(mean >= c - 2 * standardError, `${mean} ± ${standardError}`);
});

Deno.test("the statistic of DriftMonitor less the number of rows is a martingale: its mean stays at 0", () => {
  const rows = 20;
  const ends = Array.from({ length: 4000 }, (_, seed) => {
    const monitor = new DriftMonitor(new Calibration(draws(30, 2 * seed)), { seed });
    for (const score of draws(rows, 2 * seed + 1)) monitor.observe(score);
    return Math.min(monitor.statistic, 1000) - rows;
  });
  // Capped, so that the mean has a variance; this lowers the mean a little below 0.
  const { mean, standardError } = estimate(ends);
  assert.ok(mean < 4 * standardError && mean > -0.5 * rows, `${mean} ± ${standardError}`);
});

Deno.test("DriftMonitor notices scores that rise, fall, or no longer vary", () => {
  const changes: [string, (r: number, random: HostRandom) => number][] = [
    ["rise", (_, random) => 1 + normal(random)],
    ["fall", (_, random) => -1 + normal(random)],
    ["stand still at the top", () => 1.6],
  ];
  for (const [name, next] of changes) {
    const monitor = new DriftMonitor(new Calibration(draws(500, 1)), { runLength: 10_000 });
    for (const score of draws(300, 2)) monitor.observe(score);
    assert.ok(!monitor.alarm, `${name}: early alarm`);
    const random = new HostRandom(5, 0, 0);
    while (!monitor.alarm && monitor.rows < 1000) monitor.observe(next(monitor.rows, random));
    assert.ok(monitor.alarm && monitor.rows < 450, `${name}: ${monitor.rows - 300} rows later`);
  }
});

const SCHEMA = numericSchema(["a", "b", "level"]);

function table(rows: number, seed: number, change: { shift?: number; missing?: number } = {}) {
  const random = new HostRandom(seed, 0, 8), data = new Float64Array(rows * 3);
  for (let r = 0; r < rows; r++) {
    data[3 * r] = normal(random);
    const there = random.uniformF64() >= (change.missing ?? 0.1);
    data[3 * r + 1] = there ? normal(random) + (change.shift ?? 0) : NaN;
    data[3 * r + 2] = random.below(4);
  }
  const scores = Float64Array.from({ length: rows }, (_, r) => data[3 * r] ** 2 + data[3 * r + 2]);
  return { cells: { data, rows }, scores };
}

const KNOWN = table(2000, 1);
const REFERENCE = {
  schema: SCHEMA,
  calibration: new Calibration(KNOWN.scores.slice(0, 500)),
  sketch: sketchColumns(KNOWN.cells, SCHEMA),
};

Deno.test("DriftTest reports a change in unchanged tables no more often than its rate, however long they are", () => {
  // Each table has its own reference. About a third of the longer tables raise the row-by-row alarm, which occurs once
  // in 10,000 rows as stated; it must not decide about the table.
  const rate = 0.1;
  for (const [tables, rows] of [[300, 150], [60, 10_000]]) {
    let changed = 0, alarms = 0;
    for (let seed = 0; seed < tables; seed++) {
      const known = draws(2000, 1000 + 3 * seed), now = draws(rows, 1001 + 3 * seed);
      const reference = {
        schema: numericSchema(["a"]),
        calibration: new Calibration(known.slice(0, 500)),
        sketch: sketchColumns({ data: known, rows: 2000 }, numericSchema(["a"])),
      };
      const scores = draws(rows, 1002 + 3 * seed);
      const report = driftReport(reference, { data: now, rows }, scores, { rate });
      if (report.changed) changed++;
      if (report.stream.alarmAt !== undefined) alarms++;
    }
    const bound = rate + 2 * Math.sqrt(rate * (1 - rate) / tables);
    assert.ok(changed / tables <= bound, `${rows} rows: ${changed} of ${tables}`);
    assert.ok(rows < 10_000 || alarms > 0, "the alarm would go off in some of the long ones");
  }
});

Deno.test("DriftTest keeps its rate on tables of three columns with missing cells, all compared with one reference", () => {
  const rate = 0.1, tables = 300;
  let changed = 0;
  for (let seed = 0; seed < tables; seed++) {
    const { cells, scores } = table(150, 100 + seed);
    if (driftReport(REFERENCE, cells, scores, { rate }).changed) changed++;
  }
  // The same sketch for all tables: its sampling error is part of every comparison, and the tests allow for it.
  const bound = rate + 2 * Math.sqrt(rate * (1 - rate) / tables);
  assert.ok(changed / tables <= bound, `${changed} of ${tables}`);
});

Deno.test("DriftTest names the column whose values moved and the column that went missing", () => {
  for (const [change, expected] of [[{ shift: 0.8 }, "b"], [{ missing: 0.4 }, "b"]] as const) {
    const { cells, scores } = table(400, 7, change);
    const report = driftReport(REFERENCE, cells, scores);
    assert.deepEqual(report.columns.filter((each) => each.changed).map(({ name }) => name), [
      expected,
    ]);
    assert.ok(report.changed && !report.scores.changed && report.stream.alarmAt === undefined);
  }
  const { cells, scores } = table(400, 8);
  const report = driftReport(REFERENCE, cells, scores.map((score) => score + 4));
  assert.ok(report.scores.changed && report.stream.alarmAt! < 100);
  assert.equal(report.tablesBetweenFalseAlarms, 100);
  assert.deepEqual(driftReport({ ...REFERENCE, sketch: undefined }, cells, scores).columns, []);
});

Deno.test("DriftTest reports a rare level that has become three times as frequent, and none that has not", () => {
  // 40 tables at a rate of 0.1: more than 9 of them have a probability of 0.005.
  const schema = [{ name: "late", kind: "binary" as const, levels: ["no", "yes"] }];
  const answers = (rows: number, seed: number, share: number) => {
    const random = new HostRandom(seed, 0, 9);
    return {
      data: Float64Array.from({ length: rows }, () => +(random.uniformF64() < share)),
      rows,
    };
  };
  let falseAlarms = 0;
  for (let seed = 0; seed < 40; seed++) {
    const sketch = sketchColumns(answers(3000, 3 * seed, 0.02), schema);
    const reference = { schema, calibration: new Calibration(draws(100, seed)), sketch };
    const [same, tripled] = [0.02, 0.06].map((share, i) =>
      driftReport(reference, answers(1000, 3 * seed + 1 + i, share), draws(1000, 99 + seed), {
        rate: 0.1,
      }).columns[0].changed
    );
    if (same) falseAlarms++;
    assert.ok(tripled, `seed ${seed}`);
  }
  assert.ok(falseAlarms < 10, `${falseAlarms} of 40`);
});

/** Some stores, all as frequent, and customers of whom most come once or twice. */
function visits(rows: number, seed: number, stores: number) {
  const random = new HostRandom(seed, 0, 9);
  return Array.from({ length: rows }, () => ({
    x: normal(random),
    store: `store ${random.below(stores)}`,
    customer: `customer ${Math.floor(1 / (random.uniformF64() + 1e-4))}`,
  }));
}

// The order of levels and the choice of those that count must not depend on the rows compared with. By codes, in the
// order of how often levels occur, all tables with 40 stores were reported; with the 64 most frequent of 200 stores
// chosen from all rows, every other one.
for (const [stores, rows] of [[40, 400], [200, 1000]]) {
  Deno.test(`Detector.drift() reports categories of unchanged tables no more often than its rate, and new levels: ${stores}`, async () => {
    // Fewer than 4 of 20 tables, at a rate of 0.05: the probability of more is 0.02 if all tests are as liberal as
    // allowed.
    let changed = 0;
    for (let seed = 0; seed < 10; seed++) {
      const options = { preset: "small", epochs: 1, seed } as const;
      const fitted = await Detector.fit(visits(rows, 3 * seed, stores), options);
      const detector = await Detector.load(fitted.save());
      const reported = (now: number, next: number) =>
        detector.drift(visits(2000, 3 * seed + next, now), { rate: 0.05 });
      for (const next of [1, 2]) {
        const report = reported(stores, next);
        if (report.changed) changed++;
        assert.deepEqual(report.columns[1].medians, [NaN, NaN], "a category has no order");
      }
      assert.ok(reported(5 * stores, 1).columns[1].changed, `new stores, seed ${seed}`);
      fitted.dispose();
      detector.dispose();
    }
    assert.ok(changed < 4, `${changed} of 20`);
  });
}

Deno.test("DriftTest does not report a clock that continues, but reports one that is missing", () => {
  const times = (from: number, rows: number, lacking = 0) => ({
    data: Float64Array.from({ length: rows }, (_, r) => r < lacking ? NaN : from + 60 * r),
    rows,
  });
  const { scores } = table(400, 9), known = times(1.7e9, 2000);
  const schema = numericSchema(["at"]), sketch = sketchColumns(known, schema);
  const reference = { ...REFERENCE, schema, sketch };
  const later = times(1.8e9, 400);
  assert.ok(driftReport(reference, later, scores).columns[0].changed);
  const clocked = { ...reference, schema: [{ name: "at", kind: "timestamp" as const }] };
  const [column] = driftReport(clocked, later, scores).columns;
  assert.deepEqual([column.changed, column.clock, column.pValue], [false, true, 1]);
  assert.ok(driftReport(clocked, times(1.8e9, 400, 200), scores).columns[0].changed);
});

Deno.test("DriftTest computes from counts what sorted values give, to the bit, however the table is divided", () => {
  for (const [seed, rows, digits] of [[1, 700, 17], [2, 700, 1], [3, 40, 1], [4, 3000, 2]]) {
    const { cells, scores } = table(rows, seed, { shift: seed / 10, missing: 0.1 });
    // Few digits, so that there are ties among the scores and with the calibration scores.
    const round = (value: number) => Number(value.toPrecision(digits));
    const now = scores.map(round), calibration = new Calibration(draws(500, 9 + seed).map(round));
    const reference = { ...REFERENCE, calibration };
    const whole = driftReport(reference, cells, now);
    for (const part of [1, 7, 333]) {
      assert.deepEqual(driftReport(reference, cells, now, { part }), whole);
    }
    const sorted = new Calibration(now).scores;
    assert.equal(whole.scores.distance, kolmogorovDistance(calibration.scores, sorted));
    assert.equal(whole.scores.medians[1], sorted[(rows - 1) >> 1]);
    whole.columns.forEach((column, c) => {
      const values = cells.data.filter((value, i) => i % 3 === c && value === value).sort();
      assert.equal(column.medians[1], values[(values.length - 1) >> 1]);
      assert.equal(column.missing[1], 1 - values.length / rows);
      // The distribution functions at each point of the sketch, and just below it.
      const { points, shares } = sketchOf(REFERENCE.sketch, c);
      const share = (is: (value: number) => boolean) => values.filter(is).length / values.length;
      const differences = [...points].flatMap((point, k) => {
        const at = Math.abs(shares[k] - share((value) => value <= point));
        if (k > 0 && points[k - 1] === point) return [at];
        const below = share((value) => value < point);
        return [at, k === 0 ? below : shares[k - 1] - below];
      });
      assert.equal(column.distance, Math.max(...differences));
    });
  }
});

Deno.test("DriftTest takes medians from a sample of rows if there are more than it keeps, and all else from all rows", () => {
  const { cells, scores } = table(2000, 5, { missing: 0.1 });
  const { medians: _, ...whole } = driftReport(REFERENCE, cells, scores).scores;
  const drawn = driftReport(REFERENCE, cells, scores, { maxRows: 300, part: 70 });
  const { medians, ...rest } = drawn.scores;
  assert.equal(drawn.drawnRows, 300);
  assert.deepEqual(rest, whole);
  const spread = Math.max(...scores) - Math.min(...scores);
  // The rank of the median of 300 rows is within 0.1 of a half, at 3.5 standard errors.
  const sorted = scores.slice().sort();
  assert.ok(
    medians[1] >= sorted[800] - 1e-6 * spread && medians[1] <= sorted[1200] + 1e-6 * spread,
  );
  assert.deepEqual(
    driftReport(REFERENCE, cells, scores, { maxRows: 300, part: 2000 }).scores.medians,
    drawn.scores.medians,
  );
  assert.equal(driftReport(REFERENCE, cells, scores, { maxRows: 2000 }).drawnRows, undefined);
  assert.throws(() => new DriftTest(REFERENCE, { maxRows: 0 }), /maxRows/);
  assert.throws(() => new DriftTest(REFERENCE).report(), /^RangeError: .* needs at least one row/);
});
