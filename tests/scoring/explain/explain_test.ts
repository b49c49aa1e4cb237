/**
 * Explanations by the default detector: against the closed form for a Gaussian with known covariance, and planted
 * faults. `mixed_test.ts` covers tables of mixed columns.
 */
import assert from "node:assert/strict";
import { Detector } from "../../../mod.ts";
import { cholesky, inverse } from "../../../src/core/algebra/cholesky.ts";
import { logGamma } from "../../../src/core/probability/incomplete_beta.ts";
import { normals } from "../../util/data.ts";

const D = 5, TRAINING = 2400, FRESH = 600;
const CENTRE = [50, 0, 2, -7, 1000], UNIT = [10, 1, 0.1, 5, 100];
const LOADINGS = [[1, 0.2], [0.9, -0.4], [0.5, 0.8], [-0.7, 0.6], [0, 0.9]];
/** Scale of each column. */
const COVARIANCE = Float64Array.from({ length: D * D }, (_, i) => {
  const [r, c] = [Math.floor(i / D), i % D], [a, b] = [LOADINGS[r], LOADINGS[c]];
  return a[0] * b[0] + a[1] * b[1] + (r === c ? 0.2 : 0);
});
const PRECISION = inverse(cholesky(COVARIANCE, D), D);
const FACTOR = cholesky(COVARIANCE, D);
const DRAWS = normals((TRAINING + FRESH) * D, 5);
const STANDARD = Array.from(
  { length: TRAINING + FRESH },
  (_, r) =>
    UNIT.map((_, i) => UNIT.reduce((sum, _, k) => sum + FACTOR[i * D + k] * DRAWS[r * D + k], 0)),
);
const ROWS = STANDARD.map((row) => row.map((value, c) => CENTRE[c] + UNIT[c] * value));
const NEW = ROWS.slice(TRAINING);
const DETECTOR = await Detector.fit(ROWS.slice(0, TRAINING), {
  columns: ["a", "b", "c", "d", "e"],
  seed: 1,
  epochs: 8,
  hidden: [8],
});

/** Rows whose column c is eight standard deviations too high. */
const planted = (c: number) =>
  NEW.map((row) => row.with(c, row[c] + 8 * UNIT[c] * Math.sqrt(COVARIANCE[c * D + c])));

/** E[x_c | others] and its standard deviation, from the covariance that the rows were drawn from. */
function truth(c: number, r: number): [number, number] {
  const row = STANDARD[TRAINING + r];
  const pull = row.reduce((sum, value, d) => d === c ? sum : sum + value * PRECISION[d * D + c], 0);
  const precision = PRECISION[c * (D + 1)];
  return [CENTRE[c] - UNIT[c] * pull / precision, UNIT[c] / Math.sqrt(precision)];
}

/** P(X ≤ k) of a beta-binomial: k of m fresh cells lie within an interval between reference quantiles. */
function betaBinomialTail(k: number, m: number, a: number, b: number): number {
  const logBeta = (p: number, q: number) => logGamma(p) + logGamma(q) - logGamma(p + q);
  let sum = 0;
  for (let i = 0; i <= k; i++) {
    const ways = logGamma(m + 1) - logGamma(i + 1) - logGamma(m - i + 1);
    sum += Math.exp(ways + logBeta(i + a, m - i + b) - logBeta(a, b));
  }
  return sum;
}

Deno.test("explain() blames the planted column first, and expects what the true distribution does", async () => {
  for (let c = 0; c < D; c++) {
    const rows = await DETECTOR.explain(planted(c));
    let first = 0, squares = 0, within = 0;
    rows.forEach(({ blamed: [worst] }, r) => {
      if (worst.column !== "abcde"[c]) return;
      first++;
      const [mean, deviation] = truth(c, r);
      squares += ((worst.expected as number - mean) / deviation) ** 2;
      const [low, high] = worst.interval as [number, number];
      if (low <= NEW[r][c] && NEW[r][c] <= high) within++;
    });
    assert.ok(first >= 0.99 * FRESH, `column ${c}: first in ${first} of ${FRESH}`);
    // A regression on n rows has an error of √(D / n) = 0.05 standard deviations; the curve with 48 knots and the ridge
    // of 1 % add as much again.
    assert.ok(Math.sqrt(squares / first) < 0.12, `column ${c}: ${Math.sqrt(squares / first)}`);
    // From the 25th lowest to the 25th highest of 1024: covers a share with distribution Beta(1025 - 50, 50).
    const below = betaBinomialTail(within, first, 975, 50);
    assert.ok(below > 1e-4 && below < 1 - 1e-4, `column ${c}: ${within} of ${first}: ${below}`);
  }
});

Deno.test("the expectation of a cell depends neither on the cell itself nor on columns that are blamed more", async () => {
  const [row] = NEW, far = row.with(0, 1e9).with(3, -1e9);
  const [once] = await DETECTOR.explain([far], { columns: 5 });
  const [twice] = await DETECTOR.explain([far.with(0, 2e9)], { columns: 5 });
  const blamed = Object.fromEntries(twice.blamed.map((each) => [each.column, each]));
  const [first, ...others] = once.blamed;
  assert.ok(["a", "d"].includes(first.column));
  for (const { column, expected } of others.slice(1)) {
    assert.equal(blamed[column].expected, expected, column);
    const [low, high] = blamed[column].interval as [number, number];
    assert.ok(low < (expected as number) && (expected as number) < high);
  }
  assert.equal(first.value, far["abcde".indexOf(first.column)]);
});

Deno.test("explain() gives the verdicts of score(), for as many columns as requested, at the requested level", async () => {
  const rows = planted(2).slice(0, 20), scores = await DETECTOR.score(rows);
  const plain = await DETECTOR.explain(rows, { columns: 1 });
  assert.deepEqual(plain.map(({ blamed: _, ...verdict }) => verdict), scores);
  assert.ok(plain.every(({ blamed }) => blamed.length === 1));
  const narrow = await DETECTOR.explain(rows, { columns: 1, level: 0.5 });
  const width = ({ blamed: [{ interval }] }: typeof plain[0]) =>
    (interval![1] as number) - (interval![0] as number);
  narrow.forEach((row, r) => assert.ok(width(row) < 0.6 * width(plain[r])));
  const none = await DETECTOR.explain([]);
  assert.deepEqual(none, []);
});

Deno.test("conditional contributions sum to the score, in proportion to T² given the others", async () => {
  // Two columns that move together as usual, and a third that should have moved with them but did not.
  const rows = planted(1).slice(0, 50);
  for (const [r, row] of (await DETECTOR.explain(rows, { conditional: true })).entries()) {
    const shares = Object.values(row.contributions);
    const sum = shares.reduce((total, nats) => total + nats, 0);
    assert.ok(Math.abs(sum - row.score) <= 1e-9 * Math.max(1, row.score));
    assert.ok(shares.every((nats) => nats >= 0));
    assert.equal(row.blamed[0].column, "b", `row ${r}`);
  }
});

Deno.test("conditional contributions do not blame a column whose deviation the others explain", async () => {
  // All but the last column move along the first hidden cause, as they always do, by six standard deviations.
  const together = NEW.map((row) =>
    row.map((value, c) => c < 4 ? value + 6 * UNIT[c] * LOADINGS[c][0] : value)
  );
  // A single column is off by half as much.
  const rows = together.map((row) => row.with(4, row[4] + 4 * UNIT[4]));
  const share = (explained: Awaited<ReturnType<Detector["explain"]>>) =>
    explained.reduce((sum, { contributions: { e }, score }) => sum + e / score, 0) / rows.length;
  const [plain, conditional] = [
    share(await DETECTOR.explain(rows)),
    share(await DETECTOR.explain(rows, { conditional: true })),
  ];
  assert.ok(conditional > plain + 0.1, `${plain} → ${conditional}`);
});

Deno.test("explain() refuses invalid options", async () => {
  await assert.rejects(DETECTOR.explain(NEW, { columns: 0 }), /Cannot read columns: /);
  await assert.rejects(DETECTOR.explain(NEW, { level: 1 }), /Cannot read level: /);
  const wrong = { conditional: "yes" } as unknown as { conditional: boolean };
  await assert.rejects(DETECTOR.explain(NEW, wrong), /Cannot read conditional: expected true/);
  const unknown = { depth: 2 } as unknown as { columns: number };
  await assert.rejects(DETECTOR.explain(NEW, unknown), /"depth"/);
});

Deno.test("explain() after an update is that of the updated detector, not of the one explained before", async () => {
  for (const preset of ["ensemble", "small"] as const) {
    const detector = await Detector.fit(ROWS.slice(0, 300), { preset, epochs: 2, seed: 1 });
    const rows = NEW.slice(0, 5), before = await detector.explain(rows);
    await detector.partialFit(ROWS.slice(0, 300).map((row) => row.map((value) => 1.5 * value)), {
      epochs: 2,
    });
    const loaded = await Detector.load(detector.save()), after = await detector.explain(rows);
    assert.deepEqual(after, await loaded.explain(rows));
    assert.notDeepEqual(after[0].blamed[0].expected, before[0].blamed[0].expected);
    for (const each of [detector, loaded]) each.dispose();
  }
});
