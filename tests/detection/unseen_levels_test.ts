/**
 * Columns of many rare levels, whose new ones must not take up the false alarms. Oracle: thresholds counted by hand,
 * and a planted fault.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { unseenLevelWarnings } from "../../src/detection/warnings/unseen_levels.ts";
import { withTrainedLevels } from "../../src/detection/rows/trained_levels.ts";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import type { ColumnSchema } from "../../src/scoring/table/schema.ts";
import { planeRows } from "../util/data.ts";

const cells = (rows: readonly number[][]) => ({
  data: Float64Array.from(rows.flat()),
  rows: rows.length,
});

Deno.test("unseenLevelWarnings() compares the threshold with that of the rows whose levels were seen", () => {
  const schema = [
    { name: "who", kind: "categorical", levels: ["a", "b", "c"] },
    { name: "x", kind: "numeric" },
  ] as const;
  const training = cells([[0, 1], [1, 2], [NaN, 3]]);
  // Two rows hold code 2. A missing cell is no level, and numbers have none.
  const calibration = cells([[2, 7], [0, 8], [2, 9], [NaN, 9], [1, 9]]);
  const warningsOf = (scores: number[], falseAlarmRate = 0.2) =>
    unseenLevelWarnings(schema, training, {
      cells: calibration,
      scores: Float64Array.from(scores),
      falseAlarmRate,
    });
  const [warning, ...more] = warningsOf([30, 2, 20, 4, 3]);
  assert.match(warning, /^column "who": .* raise the threshold from 4\.0 to 30\.0 nats: /);
  assert.deepEqual(more, []);
  assert.deepEqual(warningsOf([5, 2, 6, 4, 3]), [], "not much higher");
  assert.deepEqual(warningsOf([2, 30, 3, 20, 4]), [], "high for another reason");
  assert.deepEqual(warningsOf([-3, -7, -4, -5, -6]), [], "not much higher, below zero");
  assert.match(warningsOf([9, -7, -4, -5, -6])[0], / from -5\.0 to 9\.0 nats: /);
  assert.deepEqual(warningsOf([30, 2, 20, 4, 3], 0.5), [], "a rate that they do not fill");
});

Deno.test("a detector of a table with many customers flags another fault, and counts a new customer as usual", async () => {
  const plane = planeRows(400, 3, 5, 0.05);
  const rows = plane.map(([a, b, c], r) => ({ a, b, c, who: `k${r * 7919 % 131}` }));
  const detector = await Detector.fit(rows, { seed: 1, epochs: 40 });
  assert.deepEqual(detector.warnings.filter((each) => each.includes("no training row holds")), []);
  const fault = { ...rows[0], b: rows[0].b + 1.5 }, newcomer = { ...rows[0], who: "new" };
  assert.deepEqual(
    (await detector.score([fault, newcomer])).map(({ anomaly }) => anomaly),
    [true, false],
  );
});

Deno.test("levels are those of two training rows, whatever the rows that calibrate hold", () => {
  const schema: ColumnSchema[] = [
    { name: "x", kind: "numeric" },
    { name: "who", kind: "categorical", levels: ["a", "b", "c"] },
  ];
  const rowsOf = (...codes: number[]) => cells(codes.map((code) => [0.5, code]));
  const training = rowsOf(0, 2, 3, 2, 0, 1, NaN), calibration = rowsOf(1, 1, 2, 3, 0, NaN);
  const all = rowsOf(1, 2);
  const [, who] = withTrainedLevels(schema, all, { training, calibration });
  assert.deepEqual(who.levels, ["a", "c"]);
  assert.deepEqual(training, rowsOf(0, 1, 2, 1, 0, 2, NaN));
  assert.deepEqual(calibration, rowsOf(2, 2, 1, 2, 0, NaN));
  assert.deepEqual(all, rowsOf(2, 1));
  const given = [{ name: "who", kind: "categorical", levels: ["a", "c"] }] as const;
  assert.deepEqual(
    withTrainedLevels(schema, all, { training, calibration }, { schema: given }),
    schema,
  );
});

Deno.test("rare texts do not set the threshold: seven faults of ten are flagged among them", async () => {
  const random = new HostRandom(4, 0, 7);
  const draw = (shift = 0) => {
    const z = normal(random), who = `v${Math.floor(1 / (1 - random.uniformF64()))}`;
    return {
      a: z + 0.5 * normal(random) + shift,
      b: z + 0.5 * normal(random),
      c: normal(random),
      who,
    };
  };
  const detector = await Detector.fit(Array.from({ length: 600 }, () => draw()), { seed: 1 });
  const faults = await detector.score(Array.from({ length: 200 }, () => draw(4)));
  const found = faults.filter(({ anomaly }) => anomaly).length;
  assert.ok(found >= 140, `${found}`);
});

Deno.test("of 200 stores an ensemble knows each, and flags a new one and one in another's place; a network knows 64", async () => {
  const STORES = 200, random = new HostRandom(9, 0, 7);
  const regions = Array.from({ length: STORES }, () => [normal(random), normal(random)]);
  const draw = () => {
    const store = random.below(STORES), [sales, staff] = regions[store];
    return {
      sales: sales + normal(random) / 2,
      staff: staff + normal(random) / 2,
      age: normal(random),
      store: `store ${store}`,
    };
  };
  const rows = Array.from({ length: 3000 }, draw), fresh = Array.from({ length: 200 }, draw);
  const detector = await Detector.fit(rows, { seed: 1 });
  const flagged = async (name: (r: number) => string) =>
    (await detector.score(fresh.map((row, r) => ({ ...row, store: name(r) }))))
      .filter(({ anomaly }) => anomaly).length;
  assert.equal(detector.schema[3].levels!.length, STORES);
  assert.ok(await flagged((r) => fresh[r].store) <= 6, "expected 2, P(more than 6) < 0.005");
  assert.equal(await flagged(() => "another"), 200);
  // With the 64 most frequent stores as levels: 7.
  assert.ok(await flagged((r) => fresh[(r + 1) % 200].store) > 60);
  const network = await Detector.fit(rows, { seed: 1, preset: "small", epochs: 1 });
  assert.equal(network.schema[3].levels!.length, 64);
});
