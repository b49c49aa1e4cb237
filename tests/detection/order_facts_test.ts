/**
 * What the order of rows tells. Oracles: tables that are ordered by construction, the same tables shuffled, and series
 * that return to their mean or do not.
 */
import assert from "node:assert/strict";
import { autocorrelationWarnings } from "../../src/detection/warnings/column_warnings.ts";
import { Detector } from "../../mod.ts";
import { permutation } from "../../src/core/random/permutation.ts";
import { orderFacts, shiftingColumns } from "../../src/detection/columns/order_facts.ts";
import { cellsOf, normals } from "../util/data.ts";

const numeric = (count: number) =>
  Array.from({ length: count }, (_, c) => ({ name: "abcdef"[c], kind: "numeric" as const }));
const shuffled = <T>(rows: readonly T[], seed: number) =>
  Array.from(permutation(rows.length, seed, 0, 0), (r) => rows[r]);

/** x_t = φ x_(t-1) + √(1 - φ²) e_t in each of three columns. */
function autoregressive(rows: number, phi: number, seed: number): number[][] {
  const noise = normals(3 * rows, seed), state = [0, 0, 0];
  return Array.from({ length: rows }, (_, t) => {
    for (let c = 0; c < 3; c++) {
      state[c] = phi * state[c] + Math.sqrt(1 - phi * phi) * noise[3 * t + c];
    }
    return [...state];
  });
}

Deno.test("orderFacts() finds that neighbouring rows are alike, and finds nothing in the same rows shuffled", () => {
  for (const phi of [0.9, 0.98]) {
    const rows = autoregressive(800, phi, 5), schema = numeric(3);
    const { autocorrelated: alike, trending: running, ordered } = orderFacts(schema, cellsOf(rows));
    assert.ok(ordered);
    assert.deepEqual(alike.map(([name]) => name), ["a", "b", "c"]);
    assert.deepEqual(running, []);
    // Spearman's ρ of neighbours with normal distribution is 6/π asin(φ/2); here up to four standard errors.
    const expected = 6 / Math.PI * Math.asin(phi / 2);
    for (const [, found] of alike) assert.ok(Math.abs(found - expected) < 4 / Math.sqrt(800));
  }
  // Of 400 shuffled tables, 0.04 are expected to be reported by chance. They include short tables and tables with few
  // values.
  let orders = 0;
  for (let seed = 0; seed < 400; seed++) {
    const rows = autoregressive(20 + seed, 0.98, seed).map((
      [a, b, c],
    ) => [a, Math.round(b), c > 1 ? NaN : c]);
    const found = orderFacts(numeric(3), cellsOf(shuffled(rows, seed)));
    assert.deepEqual([found.trending, found.autocorrelated], [[], []], `${seed}`);
    orders += Number(found.ordered);
  }
  // Here either sign counts: 0.08 are expected by chance, so two or more occur in 0.3 % of such runs.
  assert.ok(orders <= 1, `${orders} of 400 shuffled tables have an order`);
});

Deno.test("orderFacts() reports no column that forgets within ten rows, and one whose slow half is hidden by noise", () => {
  for (const phi of [0.5, 0.7]) {
    const { autocorrelated, ordered } = orderFacts(
      numeric(3),
      cellsOf(autoregressive(1500, phi, 5)),
    );
    assert.deepEqual([autocorrelated, ordered], [[], true], `${phi}`);
  }
  const noise = normals(3 * 1500, 8);
  const noisy = autoregressive(1500, 0.98, 5).map((row, t) =>
    row.map((value, c) => value + noise[3 * t + c])
  );
  const { autocorrelated } = orderFacts(numeric(3), cellsOf(noisy));
  assert.deepEqual(autocorrelated.map(([name]) => name), ["a", "b", "c"]);
  // Neighbours correlate no more than with φ = 0.7.
  for (const [, correlation] of autocorrelated) assert.ok(correlation < 0.68);
});

Deno.test("orderFacts() recognises row numbers, ascending or descending, with an error or with gaps", () => {
  const other = normals(1200, 8);
  const kinds: [string, (r: number) => number, "running" | "alike"][] = [
    ["up", (r) => r, "running"],
    ["down", (r) => 5000 - r, "running"],
    ["two rows swapped", (r) => r === 500 ? 501 : r === 501 ? 500 : r, "running"],
    ["one in three", (r) => r % 3 === 0 ? NaN : r, "running"],
    ["two files", (r) => r % 600, "alike"],
    ["sorted levels", (r) => Math.floor(r / 300), "alike"],
  ];
  for (const [name, of, what] of kinds) {
    const rows = Array.from(other, (value, r) => [of(r), value]), schema = numeric(2);
    const { trending: running, autocorrelated: alike } = orderFacts(schema, cellsOf(rows));
    assert.deepEqual(running, what === "running" ? ["a"] : [], name);
    assert.deepEqual(alike.map(([column]) => column), what === "alike" ? ["a"] : [], name);
  }
});

Deno.test("shiftingColumns() recognises random walks and trends, and no series that returns to its mean", () => {
  const noise = normals(3 * 2000, 4),
    schema = numeric(3),
    steps = Array.from({ length: 2000 }, (_, t) => t);
  const sines = steps.map((t) => [Math.sin(t / 7), Math.cos(t / 30), noise[t]]);
  assert.deepEqual(shiftingColumns(schema, cellsOf(sines)), []);
  assert.deepEqual(shiftingColumns(schema, cellsOf(autoregressive(2000, 0.9, 3))), []);
  const trend = steps.map((t) => [t / 1000 + 0.3 * noise[t], noise[t + 1], noise[t + 2]]);
  assert.deepEqual(shiftingColumns(schema, cellsOf(trend)).map(([name]) => name), ["a"]);
  let found = 0;
  for (let seed = 0; seed < 20; seed++) {
    const sum = [0, 0, 0], own = normals(3 * 1000, 100 + seed);
    const walk = Array.from(
      { length: 1000 },
      (_, t) => sum.map((_, c) => sum[c] += own[3 * t + c]),
    );
    if (shiftingColumns(schema, cellsOf(walk)).length > 0) found++;
  }
  assert.ok(found >= 18, `${found} of 20 walks`);
});

Deno.test("fresh rows are flagged at the stated rate if neighbours are a little alike, and far more often if they are almost equal", async () => {
  // The reason for the warning, and figures of docs/adr/0055: φ = 0.5 and 0.98.
  for (const [phi, least, most] of [[0.5, 0, 0.03], [0.98, 0.05, 1]]) {
    const rows = autoregressive(4000, phi, 21);
    const detector = await Detector.fit(rows.slice(0, 1000), { preset: "small", epochs: 10 });
    const later = await detector.score(rows.slice(1000));
    const share = later.filter(({ anomaly }) => anomaly).length / later.length;
    assert.ok(share >= least && share < most, `φ = ${phi}: ${share} flagged at 1 %`);
  }
});

Deno.test("Detector.fit() warns of rows in order and of numbers too long to be exact, but not of shuffled rows", async () => {
  const rows = autoregressive(300, 0.98, 6), options = { preset: "small", epochs: 1 } as const;
  const ordered = await Detector.fit(rows, options);
  assert.match(
    ordered.warnings.join(),
    /neighbouring rows are similar in columns "x0", "x1", "x2" .* a series \(window: 10\), or/,
  );
  const windows = [30, 3000, 100_000].map((count) =>
    /window: (\d+)/.exec(autocorrelationWarnings([["x0", 0.9]], count)[0])![1]
  );
  assert.deepEqual(windows, ["7", "30", "100"]);
  const keys = permutation(300, 2, 0, 0);
  const keyed = shuffled(rows, 1).map((row, r) => [...row, 1e16 + 1000 * keys[r]]);
  const { warnings } = await Detector.fit(keyed, options);
  assert.match(warnings.join(), /column "x3" holds whole numbers above 9007199254740991/);
  assert.ok(!/alike/.test(warnings.join()), `${warnings}`);
  // Measurements have both signs, so they are not identifiers, however large.
  const sized = await Detector.fit(keyed.map((row) => row.with(3, 1e30 * row[0])), options);
  assert.doesNotMatch(sized.warnings.join(), /whole numbers above/);
  // A random walk fitted as a series: later steps leave its range.
  const sum = [0, 0], steps = normals(1200, 9);
  const walk = Array.from({ length: 600 }, (_, t) => sum.map((_, c) => sum[c] += steps[2 * t + c]));
  const series = await Detector.fit(walk, { window: 10 });
  assert.match(series.warnings.join(), /other values in the last third of the series/);
});
