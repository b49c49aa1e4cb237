/**
 * Series laid out by their times. Oracle: the same series with rows of empty cells for missing steps, put by
 * hand.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { laidOut } from "../../src/detection/series/clock.ts";
import { spacingWarning, usualSpacing } from "../../src/detection/series/step_times.ts";
import { machine, missing } from "../util/machine_steps.ts";

const WINDOW = 12, MINUTE = 60;
const column = { name: "at", kind: "timestamp" } as const;

const minutes = (steps: number, first = 0) =>
  Array.from({ length: steps }, (_, t) => MINUTE * (first + t));

Deno.test("missing steps are empty rows: as many as fit into a gap, and a window where time goes back", () => {
  const places = (seconds: number[], spacing: number) => {
    const data = Float64Array.from(seconds, (_, i) => i);
    const laid = laidOut({ data, rows: seconds.length }, seconds, { spacing }, 3);
    laid?.places.forEach((place, r) => assert.equal(laid.cells.data[place], r));
    return laid && [...laid.places, laid.cells.rows];
  };
  assert.equal(places([0, 1, 2, 3.4, 4], 1), undefined);
  assert.deepEqual(places([0, 1, 3, 4, 5], 1), [0, 1, 3, 4, 5, 6]);
  assert.deepEqual(places([0, 1, 90, 91], 1), [0, 1, 5, 6, 7], "no more than a window");
  assert.equal(places([0, 1, 90, 91], 0), undefined, "unevenly spaced");
  assert.deepEqual(places([0, 1, NaN, 3, 4, 6, 7], 1), [0, 1, 2, 3, 4, 6, 7, 8]);
  const two = [...minutes(20), ...minutes(20)];
  assert.deepEqual(places(two, MINUTE)!.slice(19, 21), [19, 23]);
  assert.equal(places(minutes(20).toReversed(), MINUTE), undefined, "another order");
  assert.equal(places(minutes(20), 10), undefined, "more missing than not");
});

Deno.test("laidOut() takes a short table with more missing steps than others, unless most are apart", () => {
  const place = (seconds: number[], mayLack: number) => {
    const cells = { data: new Float64Array(seconds.length), rows: seconds.length };
    return laidOut(cells, seconds, { spacing: 1 }, 4, mayLack)?.places.at(-1);
  };
  assert.equal(place([0, 1, 50, 51, 100, 101], 8), 13);
  assert.equal(place([0, 1, 50, 51, 100, 101], 7), undefined);
  assert.equal(place([0, 10, 20, 30, 40], 100), undefined, "another spacing");
});

Deno.test("a model that was trained across its gaps knows no gaps later", async () => {
  const seconds = minutes(400).map((second, r) => second + 3600 * Math.floor(r / 12));
  const detector = await Detector.fit(machine(400, 0, 0), {
    window: 20,
    clock: { column, seconds },
  });
  assert.deepEqual(detector.table.clock, { column, spacing: 0 });
  detector.dispose();
});

Deno.test("a clock keeps machines and both sides of a gap apart, like rows of empty cells", async () => {
  const [a, b, c] = [0, 8, -4].map((level, i) => machine(300, i, level));
  const seconds = [...minutes(300), ...minutes(300), ...minutes(300, 305)];
  const timed = await Detector.fit([...a, ...b, ...c], {
    window: WINDOW,
    clock: { column, seconds },
  });
  const byHand = await Detector.fit([...a, ...missing(WINDOW), ...b, ...missing(5), ...c], {
    window: WINDOW,
  });
  const rows = machine(100, 9, 8),
    scores = async (each: Detector) =>
      (await each.score(rows)).map(({ score, pValue }) => [score, pValue]);
  assert.deepEqual(await scores(timed), await scores(byHand));
  assert.equal(timed.threshold, byHand.threshold);
  assert.equal(timed.trainedRows!.of, 900);
  assert.ok(
    timed.warnings.some((each) => /"at" goes back at 1 .* count as another series/.test(each)),
  );
  assert.ok(timed.warnings.some((each) => /1 gap, of 6 minutes .* count as empty/.test(each)));
  const loaded = await Detector.load(timed.save());
  assert.deepEqual(loaded.table.clock, { column, spacing: MINUTE });
  assert.equal(loaded.table.sketch!.rows, 900);
  assert.equal(loaded.table.sketch!.data[0], 0, "no cell is missing");
  for (const each of [timed, byHand, loaded]) each.dispose();
});

Deno.test("a clock needs a window and a time for each row", async () => {
  const rows = machine(100, 1, 0), clock = { column, seconds: minutes(99) };
  await assert.rejects(() => Detector.fit(rows, { clock }), { message: /clock is for a series/ });
  await assert.rejects(() => Detector.fit(rows, { window: 5, clock }), {
    message: /a time for each of 100 rows, got 99/,
  });
});

Deno.test("spacingWarning() says if steps are not as far apart as in training", () => {
  assert.equal(usualSpacing(minutes(30)), MINUTE);
  assert.equal(usualSpacing(minutes(30).map((second) => second ** 2)), 0);
  assert.deepEqual(spacingWarning("at", minutes(30), MINUTE), []);
  assert.deepEqual(spacingWarning("at", minutes(30), 0), []);
  assert.match(
    spacingWarning("at", minutes(30), 4 * MINUTE)[0],
    /60 seconds apart, and were 4 minutes apart/,
  );
});
