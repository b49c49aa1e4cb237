/**
 * A level that contradicts the other cells of its row is found among many other columns. Oracle: the levels planted.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";

const random = new HostRandom(3, 0, 1);

const rangeOf = (value: number) => Math.max(0, Math.min(9, Math.floor(2 * value + 5)));

/** A number, its range, and thirty numbers of another cause, some of them far out. */
function row(range?: (own: number) => number) {
  const value = normal(random), own = rangeOf(value), cause = normal(random);
  const others = Array.from(
    { length: 30 },
    (_, i) => [`n${i}`, (cause + normal(random)) ** 3] as const,
  );
  return { ...Object.fromEntries(others), value, range: `range${range ? range(own) : own}` };
}

Deno.test("a range that is not that of its number is flagged among thirty other columns", async () => {
  const options = { seed: 1, epochs: 6 };
  const detector = await Detector.fit(Array.from({ length: 3000 }, () => row()), options);
  const wrong = await detector.score(
    Array.from({ length: 200 }, () => row((own) => (own + 3) % 10)),
  );
  const right = await detector.score(Array.from({ length: 1000 }, () => row()));
  detector.dispose();
  const flagged = (rows: typeof wrong) => rows.filter(({ anomaly }) => anomaly).length;
  assert.ok(flagged(wrong) >= 180, `${flagged(wrong)} of 200`);
  // 1 %: four standard deviations of the calibration and of 1,000 rows.
  assert.ok(flagged(right) <= 30, `${flagged(right)} of 1,000`);
});

Deno.test("the statistic of levels is refused for a table that has none", async () => {
  const rows = Array.from({ length: 60 }, () => [normal(random), normal(random)]);
  await assert.rejects(Detector.fit(rows, { statistics: ["linear", "level"] }), {
    name: "TypeError",
    message: "Cannot use statistics: level is for tables with a categorical column",
  });
});
