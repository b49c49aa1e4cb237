/** A fit to many columns can be stopped at any time: also while it inverts matrices, which takes most of its time. */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { planeRows } from "../util/data.ts";

const COLUMNS = 60;

/** A signal that counts how often it is looked at, and is aborted at the given look. */
function watched(abortAt = Infinity) {
  const controller = new AbortController(), { signal } = controller;
  let looks = 0;
  const throwIfAborted = signal.throwIfAborted.bind(signal);
  signal.throwIfAborted = () => {
    if (++looks === abortAt) controller.abort(new Error("enough"));
    throwIfAborted();
  };
  return { signal, looks: () => looks };
}

Deno.test("a fit looks at its signal in every column of every regression", async () => {
  const rows = planeRows(40, COLUMNS, 3), options = { epochs: 1, hidden: [4] };
  const whole = watched();
  (await Detector.fit(rows, { ...options, signal: whole.signal })).dispose();
  // Two views, each with a regression on all rows and one without each of two folds; 8 rows of an inverse at a time.
  const regressions = 2 * 3, looksOfOne = COLUMNS + COLUMNS / 8;
  assert.ok(whole.looks() >= regressions * looksOfOne, `${whole.looks()} looks`);
  const fit = Detector.fit(rows, { ...options, signal: watched(whole.looks() / 2 | 0).signal });
  await assert.rejects(fit, /enough/);
});

Deno.test("so does a fit that leaves out the strangest rows, and an update", async () => {
  const rows = planeRows(40, COLUMNS, 3), options = { epochs: 1, hidden: [4] };
  const plain = watched(), robust = watched(), update = watched();
  const detector = await Detector.fit(rows, { ...options, signal: plain.signal });
  (await Detector.fit(rows, { ...options, robust: true, signal: robust.signal })).dispose();
  const more = 2 * 2 * (COLUMNS + COLUMNS / 8);
  assert.ok(robust.looks() >= plain.looks() + more, `${robust.looks()} and ${plain.looks()} looks`);
  await detector.partialFit(rows, { epochs: 1, signal: update.signal });
  detector.dispose();
  assert.ok(update.looks() >= 2 * 3 * (COLUMNS + COLUMNS / 8), `${update.looks()} looks`);
});
