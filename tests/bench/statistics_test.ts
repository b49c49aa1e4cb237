/**
 * The statistics of the benchmarks. Expected values are worked out by hand beside each test. Sums and quotients of
 * small integers and halves are exact, so they need no tolerance; interpolated values are compared within 1e-12.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import {
  blockMedians,
  median,
  medianInterval,
  quantile,
  summarise,
  summariseRun,
} from "../../bench/lib/statistics.ts";
import { assertRelative } from "../util/close.ts";

Deno.test("quantile() interpolates between neighbours, as type 7 does", () => {
  const values = [1, 2, 4, 8];
  equal(quantile(values, 0), 1);
  equal(quantile(values, 1), 8);
  equal(quantile(values, 0.5), 3); // at 1.5: between 2 and 4
  assertRelative(quantile(values, 0.1), 1.3, 1e-12); // at 0.3: 1 + 0.3 · 1
  assertRelative(quantile(values, 0.9), 6.8, 1e-12); // at 2.7: 4 + 0.7 · 4
  equal(quantile([5], 0.99), 5);
  ok(Number.isNaN(quantile([], 0.5)));
});

Deno.test("median() sorts by value, not as text, and does not change its argument", () => {
  const values = [10, 9, 100];
  equal(median(values), 10);
  deepEqual(values, [10, 9, 100]);
});

Deno.test("summariseRun() takes p99 from single calls if there are any", () => {
  const ms = Array.from({ length: 101 }, (_, i) => i); // quantile q is 100 q
  const [one, two] = [{ ms, probes: [] }, { ms, singleMs: [7, 7], probes: [] }].map(summariseRun);
  deepEqual(one, { p10: 10, p50: 50, p99: 99, count: 101 });
  deepEqual(two, { p10: 10, p50: 50, p99: 7, count: 101 });
});

Deno.test("summarise(): quiet is the best p10 of a run, typical and p99 medians over runs", () => {
  const run = (from: number, probe: number) => ({
    ms: Array.from({ length: 11 }, (_, i) => from + i), // p10 from + 1, p50 from + 5, p99 from + 9.9
    probes: [[probe, 2 * probe]] as const,
  });
  const cell = summarise([run(100, 50), run(20, 60), run(40, 40)]);
  equal(cell.quiet, 21);
  equal(cell.typical, 45);
  assertRelative(cell.p99, 49.9, 1e-12);
  deepEqual(cell.probe, { typical: 50, best: 60 });
  equal(cell.runs.length, 3);
});

Deno.test("medianInterval() of 99 values is from the 40th to the 60th, around their median", () => {
  // Ranks from 0: 49.5 ± 1.96 √99 / 2 = 49.5 ± 9.75, so 39 and 59.
  const shuffled = Array.from({ length: 99 }, (_, i) => (i * 37) % 99);
  deepEqual(medianInterval(shuffled), { median: 49, low: 39, high: 59 });
});

Deno.test("medianInterval() contains the true median in 95 of 100 samples", () => {
  // 2,000 samples of 25 values whose median is 0.5. The share of intervals that contain it is binomial with standard
  // deviation √(0.95 · 0.05 / 2000) = 0.005; ranks are rounded outwards, which makes the share larger.
  let state = 1;
  const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;
  let enclosed = 0;
  for (let i = 0; i < 2000; i++) {
    const { low, high } = medianInterval(Array.from({ length: 25 }, uniform));
    if (low <= 0.5 && 0.5 <= high) enclosed++;
  }
  const share = enclosed / 2000;
  ok(share > 0.935 && share < 0.985, `${share}`);
});

Deno.test("medianInterval() of five values is unbounded: 2 · 2^-5 is more than 5 %", () => {
  deepEqual(medianInterval([3, 1, 2, 5, 4]), { median: 3, low: -Infinity, high: Infinity });
  deepEqual(medianInterval([3, 1, 2, 5, 4, 6]), { median: 3.5, low: 1, high: 6 });
});

Deno.test("blockMedians() groups neighbours and leaves none out", () => {
  deepEqual(blockMedians([1, 9, 2, 7, 8, 6, 5], 2), [2, 6.5]);
  deepEqual(blockMedians([3, 1], 40), [3, 1]);
});
