/**
 * Stretches of a series between missing steps. Oracles: stretches laid out by hand; and the same series with more or
 * fewer missing steps between its stretches, of which the whole windows are the same.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { splitSeries } from "../../src/detection/rows/split.ts";
import { blocksOf, stretchesOf } from "../../src/detection/series/stretches.ts";
import { machine, missing } from "../util/machine_steps.ts";

const WINDOW = 12;

const MACHINES = [0, 8, -4].map((level, i) => machine(500, i, level));
const apart = (steps: number) => MACHINES.flatMap((rows) => [...rows, ...missing(steps)]);

Deno.test("stretches lie between steps without any cell, and hold a window at least", () => {
  const of = (flags: string, window: number) => {
    const data = Float64Array.from(
      [...flags].flatMap((flag) => flag === "x" ? [NaN, 1] : [NaN, NaN]),
    );
    return stretchesOf({ data, rows: flags.length }, 2, window).map((
      { first, end },
    ) => [first, end]);
  };
  assert.deepEqual(of("xxxxxx", 3), [[0, 6]]);
  assert.deepEqual(of("..xxxx.xxx..xx", 3), [[2, 6], [7, 10]]);
  assert.deepEqual(of("xx.xx.xx.xxx", 3), [[0, 12]], "too few of the steps are in whole windows");
  assert.deepEqual(of("......", 3), [[0, 6]]);
  assert.deepEqual(blocksOf([{ first: 0, end: 12 }, { first: 20, end: 40 }], 3), [
    { first: 0, end: 12 },
    { first: 20, end: 30 },
    { first: 30, end: 40 },
  ]);
  assert.equal(blocksOf([{ first: 0, end: 12 }], 12).length, 2);
});

Deno.test("how many missing steps lie between the stretches of a series changes no score and no threshold", async () => {
  const fitted = async (steps: number) => await Detector.fit(apart(steps), { window: WINDOW });
  const [one, many] = [await fitted(1), await fitted(30)];
  const scores = async (detector: Detector) =>
    (await detector.score(machine(100, 7, 8))).map(({ score, pValue }) => [score, pValue]);
  assert.deepEqual(await scores(many), await scores(one));
  assert.equal(many.threshold, one.threshold);
  one.recalibrate([...MACHINES[0], ...missing(2), ...MACHINES[1]]);
  many.recalibrate([...MACHINES[0], ...missing(40), ...MACHINES[1]]);
  assert.equal(many.threshold, one.threshold);
  const later = (steps: number) =>
    [4, 5].flatMap((seed) => [...machine(300, seed, 4), ...missing(steps)]);
  await one.partialFit(later(3));
  await many.partialFit(later(20));
  assert.equal(many.threshold, one.threshold);
  for (const each of [one, many]) each.dispose();
});

Deno.test("machines that are kept apart by missing steps are each known, and a fault in one is found", async () => {
  const detector = await Detector.fit(apart(1), { window: WINDOW });
  for (const [i, level] of [0, 8, -4].entries()) {
    const rows = machine(400, 20 + i, level).map((
      [a, b],
      t,
    ) => [a, t >= 200 && t < 210 ? b + 2 : b]);
    const flags = (await detector.score(rows)).map(({ anomaly }) => anomaly);
    assert.equal(flags.slice(200, 210).filter(Boolean).length, 10, `machine ${i}`);
    const others = [...flags.slice(0, 180), ...flags.slice(230)].filter(Boolean).length;
    assert.ok(others < 20, `machine ${i}: ${others} of 350`);
  }
  detector.dispose();
});

Deno.test("networks train on no window that runs across missing steps", () => {
  const rows = apart(1), cells = { data: Float64Array.from(rows.flat()), rows: rows.length };
  const { training, calibration } = splitSeries(cells, 2, { window: WINDOW, fraction: 0.2 });
  for (const { data, rows } of [training, calibration]) {
    assert.ok(rows > 200 && !data.some(Number.isNaN));
  }
});
