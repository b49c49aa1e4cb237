/** The speed that a run reports, with a clock that the test controls. */
import { ok } from "node:assert/strict";
import { EpochClock } from "../../src/training/run/epoch_clock.ts";
import type { EpochMeans } from "../../src/training/report.ts";

/** The reported speeds of a run whose epochs of 100 rows take that many milliseconds. */
function speedsOf(milliseconds: readonly number[]) {
  let now = 0;
  const epochs = milliseconds.length;
  const run = { clock: () => now, epochs, stepsPerEpoch: 4, rowsPerEpoch: 100 };
  const epochClock = new EpochClock(run);
  return milliseconds.map((taken, i) => {
    epochClock.beginEpoch();
    now += taken;
    return epochClock.reportOf({ epoch: i + 1 } as EpochMeans);
  });
}

Deno.test("one slow epoch among short ones hardly changes the reported speed", () => {
  const times = Array.from({ length: 3000 }, (_, i) => i === 2500 ? 20 : 1);
  const speeds = speedsOf(times);
  // 20 ms more in a second: 2 % at once.
  const { rowsPerSecond, secondsLeft } = speeds[2500];
  ok(rowsPerSecond > 97_000 && rowsPerSecond < 100_000, `${rowsPerSecond} rows/s`);
  ok(Math.abs(secondsLeft - 0.499 * 1.02) < 0.01, `${secondsLeft} s`);
});

Deno.test("a run that becomes slower says so within seconds", () => {
  const speeds = speedsOf([...Array(1000).fill(1), ...Array(400).fill(10)]);
  const { rowsPerSecond } = speeds.at(-1)!;
  // The old epochs have a weight of e^-4.
  ok(rowsPerSecond > 10_000 && rowsPerSecond < 12_500, `${rowsPerSecond} rows/s`);
});

Deno.test("an epoch resumed in the middle is timed by its remaining steps", () => {
  let now = 0;
  const epochClock = new EpochClock({
    clock: () => now,
    epochs: 2,
    stepsPerEpoch: 4,
    rowsPerEpoch: 100,
  });
  epochClock.beginEpoch();
  epochClock.resumeAfter(3);
  now = 1000;
  const { rowsPerSecond, secondsLeft } = epochClock.reportOf({ epoch: 1 } as EpochMeans);
  ok(rowsPerSecond === 25 && secondsLeft === 4);
});
