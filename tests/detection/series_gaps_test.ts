/** Missing cells of a series in training. Oracles: windows filled by hand, and planted faults. */
import assert from "node:assert/strict";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { Detector } from "../../mod.ts";
import { filled } from "../../src/detection/series/fill_gaps.ts";

Deno.test("missing cells of a window lie between their neighbours, at its ends like the nearest, and at 0 without any", () => {
  const ofColumns = (...columns: number[][]) => {
    const window = columns[0].length, width = window * columns.length;
    const data = new Float32Array(2 * width);
    // Twice the same window, so that nothing may leak from one to the next.
    for (let i = 0; i < 2 * width; i++) {
      const cell = i % width;
      data[i] = columns[cell % columns.length][Math.floor(cell / columns.length)];
    }
    const { data: whole } = filled({ data, shape: [2, width] }, window);
    assert.deepEqual(whole.subarray(0, width), whole.subarray(width));
    return columns.map((_, c) =>
      Array.from({ length: window }, (_, t) => whole[t * columns.length + c])
    );
  };
  assert.deepEqual(
    ofColumns([1, NaN, NaN, 4, 2], [NaN, NaN, 3, NaN, NaN], [NaN, NaN, NaN, NaN, NaN], [
      5,
      6,
      7,
      8,
      9,
    ]),
    [[1, 2, 3, 4, 2], [3, 3, 3, 3, 3], [0, 0, 0, 0, 0], [5, 6, 7, 8, 9]],
  );
});

/** Two sensors that hang together; the second reports at every fourth step, and reads too high for 12 steps in 200. */
function steps(count: number, seed: number, hasFaults: boolean): number[][] {
  const random = new HostRandom(seed, 0, 5);
  let wander = 0, level = 0;
  return Array.from({ length: count }, (_, t) => {
    wander = 0.9 * wander + 0.3 * normal(random);
    level = 0.999 * level + 0.05 * normal(random);
    const second = wander / 2 + 0.2 * normal(random) + (hasFaults && isFault(t) ? 1 : 0);
    return [5 * level + 3 * Math.sin(t / 8) + wander, t % 4 ? NaN : second];
  });
}

const isFault = (t: number) => t % 200 >= 100 && t % 200 < 112;

Deno.test("faults of a sensor that reports at every fourth step are found", async () => {
  const figures: [found: number, falseAlarms: number][] = [];
  for (let seed = 1; seed < 7; seed++) {
    const detector = await Detector.fit(steps(2400, seed, false), { window: 24, seed });
    const flags = (await detector.score(steps(2400, seed + 50, true))).map(({ anomaly }) =>
      anomaly
    );
    const found = flags.filter((flag, t) => flag && isFault(t)).length / (12 * 12);
    const ordinary = (await detector.score(steps(2400, seed + 90, false))).map(({ anomaly }) =>
      anomaly
    );
    figures.push([found, ordinary.filter(Boolean).length / 2400]);
    detector.dispose();
  }
  const mean = (i: number) => figures.reduce((sum, each) => sum + each[i] / figures.length, 0);
  assert.ok(mean(0) > 0.6, `found ${mean(0)}`);
  assert.ok(mean(1) < 0.03, `false alarms ${mean(1)}`);
});
