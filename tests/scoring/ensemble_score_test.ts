/**
 * How an ensemble's score and blame follow from its statistics, also with missing cells: computed from the surprisals
 * by the definitions of ADR 20.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { type Batch, Ensemble } from "../../src/scoring/ensemble/ensemble.ts";
import { surprisalAt } from "../../src/scoring/ensemble/surprisal.ts";
import { CurveReader } from "../../src/scoring/views/curve.ts";
import { project } from "../../src/scoring/views/projector.ts";
import { cellsOf, planeRows } from "../util/data.ts";

const WIDTH = 4, ROWS = planeRows(600, WIDTH, 11, 0.3);
const DETECTOR = await Detector.fit(ROWS.slice(0, 500), { seed: 1, epochs: 5, hidden: [8] });
const MODEL = DETECTOR.table.ensemble!;
const NEW = ROWS.slice(500, 540).map((row, r) => r % 4 === 0 ? row.with(r / 4 % WIDTH, 6) : row);

/** For each row all surprisals, with their statistic and view, largest first. */
function surprisalsOf(batch: Batch, rows: readonly (readonly number[])[]) {
  const { statistics, parts } = MODEL, each = parts.length * statistics.length;
  const all = new Float64Array(rows.length * each);
  batch.run({ cells: cellsOf(rows).data, at: 0, rows: rows.length });
  batch.parts.forEach((part, p) => part.surprisals(rows.length, all, p * statistics.length, each));
  return rows.map((_, r) =>
    parts.flatMap((_, p) =>
      statistics.map((name, s) => ({ name, p, nats: all[r * each + p * statistics.length + s] }))
    ).sort((a, b) => b.nats - a.nats)
  );
}

/** The score by ADR 20, of surprisals in descending order. */
function combined(ranked: readonly { readonly nats: number }[]): number {
  const [first, second, third] = ranked.map(({ nats }) => nats);
  return third === undefined ? (first + second) / 2 : first / 2 + second / 4 + third / 4;
}

Deno.test("a score is half of the largest surprisal and a quarter of each of the next two; each blames a third of the score", () => {
  const ensemble = new Ensemble(MODEL, DETECTOR.vae.onHost.machine), batch = ensemble.batch();
  const { scores, raw } = ensemble.scoreCells(cellsOf(NEW));
  surprisalsOf(batch, NEW).forEach((ranked, r) => {
    const want = combined(ranked);
    assert.ok(Math.abs(scores[r] - want) <= 1e-12 * want, `row ${r}: ${scores[r]} for ${want}`);
    const thirds = ranked.slice(0, 3).map(({ name, p }) => {
      const share = new Float64Array(WIDTH);
      batch.parts[p].blame(name, r, want / 3, share, 0);
      return share;
    });
    for (let c = 0; c < WIDTH; c++) {
      const expected = thirds.reduce((total, third) => total + third[c], 0),
        got = raw[r * WIDTH + c];
      assert.ok(Math.abs(got - expected) <= 1e-9 * want, `row ${r}, column ${c}: ${got}`);
    }
    const sum = raw.subarray(r * WIDTH, (r + 1) * WIDTH).reduce((total, each) => total + each, 0);
    assert.ok(Math.abs(sum - scores[r]) <= 1e-9 * want, `row ${r}: ${sum}`);
  });
  ensemble.dispose();
});

Deno.test("a row with a missing cell scores at most what its regression says, blames only observed cells, and changes no other row", () => {
  const gaps = NEW.map((row, r) => r % 2 === 0 ? row.with((r + 1) % WIDTH, NaN) : row);
  const ensemble = new Ensemble(MODEL, DETECTOR.vae.onHost.machine), batch = ensemble.batch();
  const whole = ensemble.scoreCells(cellsOf(NEW)),
    { scores, raw } = ensemble.scoreCells(cellsOf(gaps));
  let milder = 0;
  surprisalsOf(batch, gaps).forEach((ranked, r) => {
    if (r % 2 === 1) return assert.equal(scores[r], whole.scores[r]);
    const regression = combined(ranked);
    assert.ok(scores[r] <= regression * (1 + 1e-12), `row ${r}: ${scores[r]}, ${regression}`);
    if (scores[r] < regression) milder++;
    assert.equal(raw[r * WIDTH + (r + 1) % WIDTH], 0);
    const sum = raw.subarray(r * WIDTH, (r + 1) * WIDTH).reduce((total, each) => total + each, 0);
    assert.ok(Math.abs(sum - scores[r]) <= 1e-9 * scores[r], `row ${r}: ${sum}`);
    // A single row has the same bits as in a batch.
    const alone = new Float64Array(WIDTH);
    assert.equal(ensemble.scoreRow(gaps[r], alone), scores[r]);
    assert.deepEqual(alone, raw.slice(r * WIDTH, (r + 1) * WIDTH));
  });
  assert.ok(milder > 0 && milder < NEW.length / 2, `${milder} are milder by the nearest reference`);
  ensemble.dispose();
});

Deno.test("a statistic of a row with missing cells is the sum over its other features, scaled up to all", () => {
  const rows = NEW.map((row, r) => row.map((cell, c) => c <= r % 3 ? NaN : cell));
  const model = { ...MODEL, statistics: ["norm"] as const };
  const ensemble = new Ensemble(model, DETECTOR.vae.onHost.machine), batch = ensemble.batch();
  batch.run({ cells: cellsOf(rows).data, at: 0, rows: rows.length });
  MODEL.parts.forEach(({ view, surprisals }, p) => {
    const { x: { data }, observed } = project(view, cellsOf(rows), WIDTH);
    const width = view.features.length, got = new Float64Array(rows.length);
    batch.parts[p].surprisals(rows.length, got, 0, 1);
    rows.forEach((_, r) => {
      let sum = 0, count = 0;
      for (let f = r * width; f < (r + 1) * width; f++) {
        sum += observed[f] * data[f] ** 2;
        count += observed[f];
      }
      const want = surprisalAt(new CurveReader(surprisals.norm), sum * width / count);
      assert.ok(Math.abs(got[r] - want) <= 1e-9 * want, `${view.name} ${r}: ${got[r]} for ${want}`);
    });
  });
  ensemble.dispose();
});

Deno.test("rows that lack no more cells than training rows did are filled in by regression alone", async () => {
  const some = ROWS.slice(0, 500).map((row, r) => r % 3 === 0 ? row.with(r % WIDTH, NaN) : row);
  const options = { seed: 1, epochs: 5, hidden: [8] };
  const detector = await Detector.load((await Detector.fit(some, options)).save());
  const model = detector.table.ensemble!;
  assert.equal(model.gaps, 1);
  const lacking = [1, 2].flatMap((count) =>
    NEW.map((row) => row.map((cell, c) => c < count ? NaN : cell))
  );
  const scoresWith = (gaps: number) => {
    const ensemble = new Ensemble({ ...model, gaps }, detector.vae.onHost.machine);
    const { scores } = ensemble.scoreCells(cellsOf(lacking));
    ensemble.dispose();
    return scores;
  };
  // As in a file from before `gaps` existed, and as if training rows with two missing cells had existed too.
  const never = scoresWith(0), always = scoresWith(2), scores = scoresWith(1);
  assert.deepEqual(scores.slice(0, NEW.length), always.slice(0, NEW.length));
  assert.deepEqual(scores.slice(NEW.length), never.slice(NEW.length));
  assert.ok(
    never.some((score, r) => r < NEW.length && score < always[r]),
    "one gap is milder twice",
  );
  assert.ok(never.some((score, r) => r >= NEW.length && score < always[r]), "and so are two");
  detector.dispose();
});
