/**
 * Tables with copies of rows. Oracles: the exact distribution of the number of flagged rows, which is that of the
 * distinct rows; and tables of which it is known whether their repeated rows are copies.
 */
import assert from "node:assert/strict";
import { Detector, type DetectorOptions } from "../../mod.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { RowSet } from "../../src/detection/rows/row_set.ts";
import { withoutCopies } from "../../src/detection/rows/copies.ts";
import { splitRows } from "../../src/detection/rows/split.ts";
import { cellsOf, normals, planeRows } from "../util/data.ts";
import { flaggedBounds } from "../util/flagged_law.ts";

const repeated = <T>(rows: readonly T[], times: number) =>
  rows.flatMap((row) => Array.from({ length: times }, () => row));

const CHEAP: DetectorOptions = { preset: "small", hidden: [8], latent: 2, epochs: 15, seed: 1 };

Deno.test("a detector counts copies once: the false-alarm rate holds on fresh rows, and a warning names the copies", async () => {
  // 200 rows ten times each, and 1,500 draws from 1,000 rows. The default ensemble is included because its nearest
  // neighbours would recognise a copy at once.
  const rows = planeRows(6000, 6, 13, 0.5),
    fresh = rows.slice(2000),
    random = new HostRandom(1, 0, 7);
  const tables = [
    repeated(rows.slice(0, 200), 10),
    Array.from({ length: 1500 }, () => rows[random.below(1000)]),
  ];
  for (const [t, table] of tables.entries()) {
    const options = t === 0 ? { epochs: 5, seed: 1 } : CHEAP;
    const detector = await Detector.fit(table, { ...options, falseAlarmRate: 0.05 });
    const { calibrationRows, warnings } = detector;
    const flagged = (await detector.score(fresh)).filter(({ anomaly }) => anomaly).length;
    const [low, high] = flaggedBounds(calibrationRows, 0.05, fresh.length);
    assert.ok(flagged >= low && flagged <= high, `${flagged} outside ${low} … ${high}`);
    assert.match(warnings.join(), /\d\d % of the rows repeat another and are taken for copies/);
    detector.dispose();
  }
});

Deno.test("withoutCopies() keeps one row of each set of copies, and leaves the share of a frequent row as it was", () => {
  const rows = planeRows(100, 4, 3), zeros = [0, 0, 0, 0];
  const { cells } = withoutCopies(cellsOf([...repeated(rows, 3), ...repeated([zeros], 120)]), 4);
  assert.deepEqual(cells, cellsOf([...rows, ...repeated([zeros], 40)]));
  // Missing cells are equal to each other, and so are 0 and -0.
  const gaps = rows.map(([a, , c], r) => [a, NaN, c, r === 0 ? 0 : 1]);
  const twins = gaps.map((row, r) => r === 0 ? row.with(3, -0) : row);
  const found = withoutCopies(cellsOf([...gaps, ...twins]), 4);
  assert.deepEqual(found.cells, cellsOf(gaps));
});

Deno.test("RowSet finds the first row that is equal in the given columns", () => {
  const random = new HostRandom(3, 0, 7),
    cells = [0, -0, NaN, 1, 1 + Number.EPSILON, -1e300, 5e-324];
  const rows = Array.from(
    { length: 3000 },
    () => Array.from({ length: 4 }, () => cells[random.below(7)]),
  );
  for (const columns of [[0], [2, 1], [0, 1, 2, 3]]) {
    const met = new RowSet(cellsOf(rows), 4, columns), seen = new Map<string, number>();
    rows.forEach((row, r) => {
      // A text for each value; both zeros have the same.
      const key = columns.map((c) => `${row[c]}`).join();
      if (!seen.has(key)) seen.set(key, r);
      assert.equal(met.findOrAdd(r), seen.get(key));
    });
  }
});

Deno.test("withoutCopies() keeps rows that repeat by chance, and tables with few repeats", () => {
  const random = new HostRandom(5, 0, 7), rows = planeRows(500, 5, 3);
  const of = (length: number, row: () => number[]) => Array.from({ length }, row);
  const tables: [string, number[][], boolean][] = [
    ["none repeats", rows, false],
    ["two of 500", [...rows, rows[0], rows[1]], false],
    ["a third is zeros", [...rows, ...repeated([[0, 0, 0, 0, 0]], 250)], true],
    ["levels", of(500, () => [random.below(3), random.below(2), random.below(4)]), true],
    ["eight levels", of(900, () => Array.from({ length: 8 }, () => random.below(2))), true],
    ["one column of counts", of(500, () => [random.below(50)]), true],
    [
      "counts with a tail",
      of(500, () => [Math.floor(1 / random.uniformF64()), random.below(3)]),
      true,
    ],
    ["too few to tell", repeated(rows.slice(0, 5), 10), true],
  ];
  for (const [name, table, isSaid] of tables) {
    const cells = cellsOf(table), { cells: left, warnings } = withoutCopies(cells, table[0].length);
    assert.equal(left, cells, name);
    assert.equal(/repeat another: p-values hold/.test(warnings.join()), isSaid, name);
  }
  assert.equal(withoutCopies(cellsOf(repeated(rows, 2)), 5).cells.rows, 500);
});

Deno.test("the false-alarm rate holds where rows repeat by chance: such rows are split one by one", async () => {
  const values = normals(40, 9), random = new HostRandom(6, 0, 7);
  const draw = () => [values[random.below(12)], random.below(3), values[random.below(9)]];
  const table = Array.from({ length: 800 }, draw), fresh = Array.from({ length: 3000 }, draw);
  const detector = await Detector.fit(table, { ...CHEAP, falseAlarmRate: 0.05 });
  const flagged = (await detector.score(fresh)).filter(({ anomaly }) => anomaly).length;
  const [, high] = flaggedBounds(detector.calibrationRows, 0.05, fresh.length);
  assert.ok(flagged <= high, `${flagged} above ${high}`);
  const { calibration } = splitRows(cellsOf(table), 3, 0.25, 1);
  assert.equal(calibration.rows, 200);
});

Deno.test("recalibrate() and partialFit() count copies among new rows once", async () => {
  const rows = planeRows(1200, 4, 21, 0.5), copied = repeated(rows.slice(400, 600), 8);
  const [one, two] = await Promise.all([0, 1].map(() => Detector.fit(rows.slice(0, 400), CHEAP)));
  const again = one.recalibrate(copied);
  assert.equal(again.rows, 200);
  assert.deepEqual(one.calibration, (two.recalibrate(rows.slice(400, 600)), two.calibration));
  assert.match(one.warnings.join(), /copies, which count once: 200 rows/);
  one.recalibrate(rows.slice(600));
  assert.ok(!/copies/.test(one.warnings.join()), "no longer true");
  const { trained, rows: calibrating } = await two.partialFit(copied, { epochs: 1 });
  assert.equal(trained + calibrating, 200);
});
