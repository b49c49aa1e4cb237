/** False alarms in a day. Oracles: runs counted by hand, and Monte Carlo on fresh steps of the same process. */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { alarmsPerDay, runsPerStepOf } from "../../src/detection/series/alarms_per_day.ts";
import { machine } from "../util/machine_steps.ts";

const WINDOW = 10, STEPS = 6000, SEEDS = 20, RATE = 0.02, MINUTES = 15;
const column = { name: "at", kind: "timestamp" } as const;

Deno.test("consecutive flagged steps are one run, among steps that lie in a window's number of windows", () => {
  // Of windows of 2 steps, all but the first and the last step lie in two; a run begins where the step before is none.
  const blocks = [Float64Array.of(2, 2, 0, 2, 2, 0, 2, 9), Float64Array.of(0, 2, 0, 2, 1, 2)];
  assert.equal(runsPerStepOf(blocks, 2, 1), 3 / (5 + 3));
  assert.equal(
    runsPerStepOf([Float64Array.of(1, 1, 1, 1, 1)], 2, 1),
    undefined,
    "at the threshold",
  );
  assert.equal(runsPerStepOf([Float64Array.of(0, 2, 0)], 2, 1), undefined);
});

Deno.test("a day has as many steps as the clock says, and none is stated without one", () => {
  const clock = { column, spacing: 60 * MINUTES };
  assert.deepEqual(alarmsPerDay({ clock, runsPerStep: 0.005 }, RATE), { steps: 1.92, runs: 0.48 });
  assert.deepEqual(alarmsPerDay({ clock }, RATE), { steps: 1.92 });
  for (const other of [undefined, { column, spacing: 0 }]) {
    assert.equal(alarmsPerDay({ clock: other, runsPerStep: 1 }, RATE), undefined);
  }
  const cycles = { column: { name: "cycle", kind: "numeric" }, spacing: 1 } as const;
  assert.equal(alarmsPerDay({ clock: cycles, runsPerStep: 1 }, RATE), undefined);
});

Deno.test("fresh steps are flagged in about as many runs as is stated, and about as often or less", async () => {
  const stated: number[] = [], seen: number[] = [], flagged: number[] = [];
  for (let seed = 0; seed < SEEDS; seed++) {
    const all = machine(2 * STEPS, 100 + seed, 0);
    const detector = await Detector.fit(all.slice(0, STEPS), {
      window: WINDOW,
      falseAlarmRate: RATE,
      clock: { column, seconds: Float64Array.from({ length: STEPS }, (_, t) => 60 * MINUTES * t) },
    });
    const perDay = alarmsPerDay(detector.table, RATE)!, days = STEPS * MINUTES / 1440;
    const flags = (await detector.score(all.slice(STEPS))).map(({ anomaly }) => anomaly);
    detector.dispose();
    stated.push(perDay.runs ?? 0);
    seen.push(flags.filter((flag, t) => flag && !flags[t - 1]).length / days);
    flagged.push(flags.filter(Boolean).length / days);
  }
  const runs = meanAndError(stated.map((value, i) => value - seen[i]));
  const [of] = meanAndError(seen);
  // Three standard errors, which must themselves be small enough to tell half or twice as many.
  assert.ok(runs[1] < 0.12 * of, `standard error ${runs[1]} of ${of} runs`);
  assert.ok(Math.abs(runs[0]) <= 3 * runs[1], `${runs} of ${of} runs`);
  const [steps, error] = meanAndError(flagged), expected = RATE * 1440 / MINUTES;
  // The rate errs on the safe side, because fits without a block score it slightly higher (ADR 31).
  assert.ok(error < 0.1 * expected, `standard error ${error} of ${steps} steps`);
  assert.ok(steps <= expected + 3 * error && steps >= expected / 2, `${steps} of ${expected}`);
  assert.ok(of < 0.8 * steps, "runs are longer than a step");
});

function meanAndError(values: readonly number[]): [mean: number, error: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) /
    (values.length - 1);
  return [mean, Math.sqrt(variance / values.length)];
}
