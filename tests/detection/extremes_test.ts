/**
 * Extreme cells: refused where they would hide other anomalies, left out of training where they would not; and rows in
 * other units.
 */
import assert from "node:assert/strict";
import { RowError } from "../../src/core/row_error.ts";
import { Detector } from "../../mod.ts";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import {
  refuseExtremes,
  withoutExtremes,
  withoutSpikes,
} from "../../src/detection/rows/extremes.ts";
import { numericSchema } from "../../src/scoring/table/schema.ts";
import { planeRows } from "../util/data.ts";

const ROWS = planeRows(600, 3, 5, 0.3), QUICK = { seed: 1, epochs: 4 };

Deno.test("a single network refuses a cell so extreme that it would hide others in its column", async () => {
  for (const value of [1e30, -1e12]) {
    const rows = ROWS.map((row, r) => r === 8 ? row.with(2, value) : row);
    await assert.rejects(
      Detector.fit(rows, { ...QUICK, preset: "small" }),
      /row 9, column "x2": expected a value in scale with its column \(usual spread \S+\), got/,
    );
    await assert.rejects(
      Detector.fit(rows, { ...QUICK, window: 10, preset: "small" }),
      /row 9, column "x2": expected/,
    );
  }
});

Deno.test("refuseExtremes() checks columns of numbers only, by the effect on the standard deviation", () => {
  const ofColumn = (...values: number[]) => ({
    data: Float64Array.from(values),
    rows: values.length,
  });
  const spread = Array.from({ length: 100 }, (_, i) => i % 10);
  const schema = numericSchema(["x"]);
  // 101 cells, one of them v and the others small, have a standard deviation of v √100 / 101; the usual distance is 3.
  const edge = 1e4 * 3 * 101 / 10;
  refuseExtremes(ofColumn(...spread, 0.99 * edge), schema);
  assert.throws(() => refuseExtremes(ofColumn(...spread, 1.01 * edge), schema), RowError);
  assert.throws(
    () => refuseExtremes(ofColumn(NaN, ...spread, -1e30), schema),
    /row 102, column "x"/,
  );
  refuseExtremes(ofColumn(...spread, 1e30), [{ name: "x", kind: "timestamp" }]);
  refuseExtremes(ofColumn(7, 7, 7), schema);
});

Deno.test("withoutSpikes() treats a few extreme steps as missing, and warns of what many would hide", () => {
  const schema = numericSchema(["a", "b"]);
  const series = (far: number) => {
    const data = Float64Array.from({ length: 800 }, (_, i) => i % 2 ? i % 5 : (i / 2) % 7);
    for (let i = 0; i < far; i++) data[200 * i] = 1e9;
    return { data, rows: 400 };
  };
  const plain = withoutSpikes(series(0), schema);
  assert.deepEqual([plain.cells.data, plain.warnings], [series(0).data, []]);
  const few = withoutSpikes(series(4), schema);
  assert.deepEqual([...few.cells.data.keys()].filter((i) => Number.isNaN(few.cells.data[i])), [
    0,
    200,
    400,
    600,
  ]);
  assert.match(few.warnings[0], /^column "a": 4 of 400 steps lie .* count as missing$/);
  const many = series(4);
  many.data[2] = 1e9;
  const kept = withoutSpikes(many, schema);
  assert.deepEqual(kept.cells.data, many.data);
  assert.match(kept.warnings[0], /^column "a": 5 of 400 steps lie .* hide smaller changes$/);
  assert.equal(kept.warnings.length, 1);
});

Deno.test("a series with a spike of any size is learned without it, and the same faults are found", async () => {
  const random = new HostRandom(7, 0, 7);
  const steps = (fault?: number) =>
    Array.from({ length: 500 }, (_, t) => {
      const wrong = fault !== undefined && t >= fault && t < fault + 10 ? 1.5 : 0;
      return [Math.sin(t / 5) + 0.1 * normal(random) + wrong, 20 + 0.1 * normal(random)];
    });
  const training = steps(), test = steps(300);
  const plain = await Detector.fit(training, { window: 20 });
  for (const value of [1e30, -1e12]) {
    const spiked = training.map((row, t) => t === 8 ? row.with(0, value) : row);
    const detector = await Detector.fit(spiked, { window: 20 });
    assert.ok(detector.warnings.some((each) => /column "x0": 1 of 500 steps lie/.test(each)));
    const scoresOf = async (by: Detector) =>
      (await by.score(test)).slice(250, 360).map(({ score }) => score);
    const [beside, without] = [await scoresOf(detector), await scoresOf(plain)];
    for (const scores of [beside, without]) {
      const loudest = scores.indexOf(Math.max(...scores));
      assert.ok(loudest >= 50 && loudest < 60, `loudest at ${250 + loudest}`);
    }
    const found = await detector.score([...test.slice(0, 100), [value, 20], ...test.slice(100)]);
    assert.ok(found[100].anomaly && found[100].contributions.x0 > 1e3);
    detector.dispose();
  }
  plain.dispose();
});

Deno.test("withoutExtremes() leaves out few rows, and never values that a tenth of the table has", () => {
  const data = Float64Array.from({ length: 200 }, (_, i) => i === 6 ? 1e9 : i === 9 ? -1e8 : i % 7);
  const { cells, warnings } = withoutExtremes({ data, rows: 100 }, numericSchema(["a", "b"]));
  assert.equal(cells.rows, 98);
  assert.deepEqual(
    [...cells.data.subarray(4, 10)],
    [4, 5, 1, 4, 3, 4].map((_, i) => data[[4, 5, 10, 11, 12, 13][i]]),
  );
  assert.equal(warnings.length, 2);
  assert.match(warnings[0], /column "a": 1 of 100 training rows lie more than a million times/);
  const many = data.map((value, i) => i % 20 === 0 ? 1e12 : value);
  assert.equal(
    withoutExtremes({ data: many, rows: 100 }, numericSchema(["a", "b"])).cells.rows,
    99,
  );
});

Deno.test("the default detector copes with cells of any size, warns of them, and still finds anomalies", async () => {
  const random = new HostRandom(3, 0, 7);
  const bytes = () => Math.exp(1.5 * normal(random) + 6);
  const rows = ROWS.map((row, r) => [...row.slice(0, 2), row[2], r === 77 ? 1.4e9 : bytes()]);
  const wild = rows.map((row, r) => r === 8 || r === 9 ? row.with(2, 1e30) : row);
  const detector = await Detector.fit(wild, { ...QUICK, falseAlarmRate: 0.05 });
  assert.ok(
    detector.warnings.some((each) => /column "x2": [12] of \d+ training rows lie/.test(each)),
  );
  const faulty = rows.slice(100, 200).map((row) => row.with(2, row[2] + 12));
  const found = (await detector.score(faulty)).filter(({ anomaly }) => anomaly).length;
  const plain = await Detector.fit(rows, { ...QUICK, falseAlarmRate: 0.05 });
  const want = (await plain.score(faulty)).filter(({ anomaly }) => anomaly).length;
  assert.ok(want > 80 && found >= want - 10, `${found} beside two cells of 1e30, ${want} without`);
  const [{ anomaly, contributions }] = await detector.score([rows[0].with(2, 1e30)]);
  assert.ok(anomaly && contributions.x2 > 5);
  for (const each of [detector, plain]) each.dispose();
});

Deno.test("partialFit() refuses rows in other units, and leaves the detector unchanged", async () => {
  for (const preset of ["ensemble", "small"] as const) {
    const detector = await Detector.fit(ROWS.slice(0, 300), { ...QUICK, preset });
    const before = detector.save();
    for (const change of [(x: number) => x + 3e7, (x: number) => x * 1e8]) {
      const rows = ROWS.slice(300).map((row) => row.with(1, change(row[1])));
      await assert.rejects(
        detector.partialFit(rows, { epochs: 1 }),
        /column "x1" lies more than a million .* of 300 rows/,
      );
    }
    assert.deepEqual(detector.save(), before);
    const shifted = ROWS.slice(300).map((row) => row.map((x) => x + 20));
    const { rows } = await detector.partialFit(shifted, { epochs: 1 });
    assert.ok(rows > 0);
    detector.dispose();
  }
});
