/** Several series in one table. Oracle: the same series one below the other, with empty rows between them. */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { joined, seriesOf } from "../../src/detection/series/by_series.ts";
import { machine, missing } from "../util/machine_steps.ts";

const WINDOW = 12, MINUTE = 60;
const column = { name: "at", kind: "timestamp" } as const;

/** Rows in turn, and which series each belongs to. */
function inTurn(all: readonly (readonly number[][])[]) {
  const longest = Math.max(...all.map(({ length }) => length));
  return Array.from({ length: longest }, (_, t) => t).flatMap((t) =>
    all.flatMap((rows, s) => t < rows.length ? [{ row: rows[t], t, name: `m${s}` }] : [])
  );
}

Deno.test("series in turn train and calibrate as one below the other with empty rows between them", async () => {
  const [a, b, c] = [0, 8, -4].map((level, i) => machine(260 + 20 * i, i, level));
  const steps = inTurn([a, b, c]);
  const mixed = await Detector.fit(steps.map(({ row }) => row), {
    window: WINDOW,
    by: { column: "unit", values: steps.map(({ name }) => name) },
  });
  const byHand = await Detector.fit([...a, ...missing(WINDOW), ...b, ...missing(WINDOW), ...c], {
    window: WINDOW,
  });
  const rows = machine(100, 9, 8);
  assert.deepEqual(await mixed.score(rows), await byHand.score(rows));
  assert.deepEqual(mixed.calibration.scores, byHand.calibration.scores);
  assert.equal(mixed.trainedRows!.of, 840);
  assert.deepEqual(mixed.warnings.filter((each) => /any order|last third/.test(each)), []);
  const loaded = await Detector.load(mixed.save());
  assert.equal(loaded.table.by, "unit");
  for (const each of [mixed, byHand, loaded]) each.dispose();
});

Deno.test("each series is laid out by its own times", () => {
  const seconds = [0, 5, 1, 6, 2, 9, 3, 10], series = [1, 2, 1, 2, 1, 2, 1, 2];
  const data = Float64Array.from(seconds, (_, r) => r), cells = { data, rows: 8 };
  const all = seriesOf(cells, { seconds, series }, { spacing: 1 }, 3);
  const laid = joined(all, 3)!, _ = NaN;
  assert.deepEqual([...laid.cells.data], [0, 2, 4, 6, _, _, _, 1, 3, _, _, 5, 7]);
  laid.places.forEach((place, r) => assert.equal(laid.cells.data[place], r));
  const alone = seriesOf(cells, { series: data.map(() => 7) }, { spacing: 0 }, 3);
  assert.equal(joined(alone, 3), undefined, "one series as it is");
});

Deno.test("a gap of one machine does not train, beside machines without one", async () => {
  const [a, b] = [machine(300, 1, 0), machine(300, 2, 8)];
  const steps = inTurn([a, b]).filter(({ name, t }) => name === "m0" || t < 150 || t >= 154);
  const detector = await Detector.fit(steps.map(({ row }) => row), {
    window: WINDOW,
    by: { column: "unit", values: steps.map(({ name }) => name) },
    clock: { column, seconds: steps.map(({ t }) => MINUTE * t) },
  });
  const byHand = await Detector.fit(
    [...a, ...missing(WINDOW), ...b.slice(0, 150), ...missing(4), ...b.slice(154)],
    { window: WINDOW },
  );
  assert.deepEqual(detector.calibration.scores, byHand.calibration.scores);
  assert.equal(detector.table.clock!.spacing, MINUTE);
  assert.match(detector.warnings.join("; "), /"at" has 1 gap, of 5 minutes .* count as empty/);
  for (const each of [detector, byHand]) each.dispose();
});

Deno.test("by needs a window, a name for each row, and says which series are short", async () => {
  const rows = machine(100, 1, 0), values = rows.map((_, r) => r < 96 ? "a" : "b");
  const by = { column: "unit", values };
  await assert.rejects(() => Detector.fit(rows, { by }), { message: /by is for series/ });
  await assert.rejects(
    () => Detector.fit(rows, { window: 5, by: { column: "unit", values: ["a"] } }),
    { message: /a series for each of 100 rows, got 1/ },
  );
  for (const nothing of ["", null, undefined, NaN]) {
    const without = { column: "unit", values: values.with(41, nothing as "a") };
    await assert.rejects(() => Detector.fit(rows, { window: 5, by: without }), {
      message: /row 42.*unit.*expected the name of the series/s,
    });
  }
  const each = { column: "row", values: rows.map((_, r) => r >> 1) };
  await assert.rejects(() => Detector.fit(rows, { window: 5, by: each }), {
    message:
      /all 50 series by column "row" are shorter than a window of 5 steps, the longest of 2: /,
  });
  const detector = await Detector.fit(rows, { window: 5, by });
  assert.match(detector.warnings.join("; "), /1 of 2 series by column "unit" is shorter than/);
  detector.dispose();
});

Deno.test("a series in a table of several is scored as if it were alone, and a short one by all windows with a step of it", async () => {
  const all = [machine(150, 1, 0), machine(WINDOW, 2, 8), machine(5, 3, 8), machine(90, 4, 0)];
  const detector = await Detector.fit(
    [...machine(400, 5, 0), ...missing(1), ...machine(400, 6, 8)],
    {
      window: WINDOW,
    },
  );
  for (const between of [WINDOW, 3 * WINDOW]) {
    const rows = all.flatMap((each, i) => i ? [...missing(between), ...each] : each);
    const scored = await detector.score(rows), explained = await detector.explain(rows);
    const conditional = await detector.explain(rows, { conditional: true });
    let first = 0;
    for (const each of all) {
      const own = scored.slice(first, first + each.length);
      const alone = each.length < WINDOW
        ? (await detector.score([...missing(WINDOW - 1), ...each, ...missing(WINDOW - 1)]))
          .slice(WINDOW - 1).slice(0, each.length)
        : await detector.score(each);
      assert.deepEqual(own, alone, `${each.length} of ${rows.length}`);
      assert.deepEqual(
        explained.slice(first, first + each.length).map(({ score }) => score),
        own.map(({ score }) => score),
      );
      if (each.length >= WINDOW) {
        const want = await detector.explain(each, { conditional: true });
        assert.deepEqual(
          conditional.slice(first, first + each.length).map(({ contributions }) => contributions),
          want.map(({ contributions }) => contributions),
        );
      }
      first += each.length + between;
    }
    assert.ok(scored.every(({ score, pValue }) => Number.isFinite(score) && pValue > 0));
  }
  detector.dispose();
});

Deno.test("the last rows of a program's series keep their names and times", async () => {
  const all = inTurn([machine(240, 1, 0), machine(200, 2, 8)]);
  const options = (steps: typeof all) => ({
    window: WINDOW,
    by: { column: "unit", values: steps.map(({ name }) => name) },
    clock: { column, seconds: steps.map(({ t }) => MINUTE * t) },
  });
  const rowsOf = (steps: typeof all) => steps.map(({ row }) => row);
  const last = all.slice(-300), want = await Detector.fit(rowsOf(last), options(last));
  async function* batches() {
    for (let first = 0; first < all.length; first += 77) yield rowsOf(all.slice(first, first + 77));
  }
  for (const given of [rowsOf(all), batches()]) {
    const detector = await Detector.fit(given, { ...options(all), maxRows: 300 });
    assert.deepEqual(detector.calibration.scores, want.calibration.scores);
    detector.dispose();
  }
  await assert.rejects(
    () => Detector.fit(rowsOf(all), { ...options(last.slice(1)), maxRows: 300 }),
    {
      message: /a time for each of 300 rows, got 299/,
    },
  );
  want.dispose();
});
