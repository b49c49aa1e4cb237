/**
 * Series: windows, steps, votes and streams. Oracles: each step's score by its definition, computed window by window
 * with the model's single-window path; a planted fault; and flags counted by hand.
 */
import assert from "node:assert/strict";
import { Detector } from "../../src/detection/detector.ts";
import { TableScorer } from "../../src/scoring/mod.ts";
import { Ballot } from "../../src/scoring/series/vote.ts";
import { countWindows, overSteps, stepMeans, windowsOf } from "../../src/scoring/series/windows.ts";
import { splitSeries } from "../../src/detection/rows/split.ts";
import { assertRelative } from "../util/close.ts";

const WINDOW = 12;

/** Two sensors of the same oscillation, one with a delay, each with a little noise. */
function series(steps: number, fault?: { at: number; length: number }): number[][] {
  let state = 1;
  const noise = () => (state = (state * 48271) % 2147483647) / 2147483647 - 0.5;
  return Array.from({ length: steps }, (_, t) => {
    const stuck = fault && t >= fault.at && t < fault.at + fault.length;
    return [
      Math.sin(t / 5) + 0.1 * noise(),
      (stuck ? -1.5 : Math.cos(t / 5)) + 0.1 * noise(),
    ];
  });
}

const detector = await Detector.fit(series(900), {
  columns: ["flow", "pressure"],
  window: WINDOW,
  preset: "small",
  epochs: 30,
  falseAlarmRate: 0.02,
  seed: 3,
});

Deno.test("windows are consecutive steps, and stepMeans() averages the windows that contain a step", () => {
  const cells = { data: Float64Array.from({ length: 10 }, (_, i) => i), rows: 5 };
  assert.equal(countWindows(5, 3), 3);
  assert.equal(countWindows(2, 3), 0);
  const windows = windowsOf(cells, 2, 3, 1, 2);
  assert.deepEqual([...windows.data], [2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9]);
  // Windows 0-2, 1-3 and 2-4 have scores 1, 2 and 6: step 2 is in all three, step 3 in the last two.
  assert.deepEqual([...stepMeans(Float64Array.of(1, 2, 6), 1, 3)], [1, 1.5, 3, 4, 6]);
  assert.deepEqual([...overSteps(windows.data, 2, 3)], [12, 15, 18, 21]);
});

Deno.test("a step's score is the mean of its windows' scores, and a stream gives those windows' scores", async () => {
  const steps = series(60);
  const stream = detector.stream();
  const windows = steps.map((row) => stream.push(row)?.score).filter((score) =>
    score !== undefined
  );
  assert.equal(windows.length, 60 - WINDOW + 1);
  const verdicts = await detector.score(steps);
  verdicts.forEach(({ score, contributions }, t) => {
    const held = windows.slice(Math.max(0, t - WINDOW + 1), t + 1);
    const mean = held.reduce((sum, each) => sum + each, 0) / held.length;
    // Batches and single rows sum in different order: float32 over 24 cells.
    assertRelative(score, mean, 1e-4, 1e-3, `step ${t}`);
    const sum = Object.values(contributions).reduce((a, b) => a + b, 0);
    assertRelative(sum, score, 1e-9, 1e-9, `contributions of step ${t}`);
  });
});

Deno.test("in a series with gaps, steps are means of their windows, and votes count the flags of a stream, also across a gap", async () => {
  // The last gap is as long as a window, and parts two series: neither has windows with steps of it.
  const gaps = new Set([...Array(3).keys(), 40, ...Array.from({ length: 15 }, (_, i) => 90 + i)]);
  const spans = [[0, 90], [90, 105], [105, 260]];
  const steps = series(260, { at: 150, length: 40 }).map((row, t) =>
    gaps.has(t) || t === 160 ? [NaN, NaN] : t % 7 === 0 ? [row[0], NaN] : row
  );
  const plain = detector.stream(), voting = detector.stream({ vote: { k: 3, of: 5 } });
  const windows: number[] = [], flags: boolean[] = [];
  for (const row of steps) {
    const verdict = plain.push(row), voted = voting.push(row);
    if (!verdict || !voted) continue;
    windows.push(verdict.score);
    flags.push(verdict.anomaly);
    assert.equal(voted.anomaly, flags.slice(-5).filter(Boolean).length >= 3);
  }
  assert.ok(flags.includes(true) && flags.includes(false));
  const verdicts = await detector.score(steps);
  verdicts.forEach(({ score }, t) => {
    const [from, to] = spans.find(([, end]) => t < end)!;
    const held = windows.slice(Math.max(from, t - WINDOW + 1), Math.min(t, to - WINDOW) + 1);
    const mean = held.reduce((sum, each) => sum + each, 0) / held.length;
    assertRelative(score, mean, 1e-4, 1e-3, `step ${t}`);
  });
});

Deno.test("a stream forgets what lies before its window: any beginning gives the same verdict", () => {
  const steps = series(200);
  const long = detector.stream(), short = detector.stream();
  for (const row of steps.slice(0, 150)) long.push(row);
  let last;
  for (const row of steps.slice(150 - WINDOW, 150)) last = short.push(row);
  assert.ok(last);
  const next = steps[150], a = { ...long.push(next)! }, b = { ...short.push(next)! };
  assert.deepEqual([a.score, a.pValue, a.anomaly], [b.score, b.pValue, b.anomaly]);
});

Deno.test("a stuck sensor is found and blamed", async () => {
  const verdicts = await detector.score(series(300, { at: 150, length: 20 }));
  const highest = verdicts.reduce(
    (best, { score }, t) => score > verdicts[best].score ? t : best,
    0,
  );
  assert.ok(highest >= 150 && highest < 170, `highest score at step ${highest}`);
  // When the fault begins, either sensor may be the one that does not fit the other; not once it fills the window.
  const { contributions, anomaly } = verdicts[150];
  assert.ok(anomaly && verdicts[165].anomaly);
  assert.ok(contributions.pressure > contributions.flow);
  const quiet = verdicts.filter((_, t) => t < 138 || t >= 182);
  const alarms = quiet.filter(({ anomaly }) => anomaly).length;
  assert.ok(alarms <= 0.1 * quiet.length, `${alarms} false alarms in ${quiet.length} steps`);
});

Deno.test("a loaded series model gives the same scores and streams", async () => {
  const loaded = await TableScorer.load(detector.save());
  const steps = series(40, { at: 20, length: 10 });
  assert.deepEqual(await loaded.score(steps), await detector.score(steps));
  const mine = detector.stream({ vote: { k: 2, of: 3 } });
  const theirs = loaded.stream({ vote: { k: 2, of: 3 } });
  for (const row of steps) {
    const a = mine.push(row), b = theirs.push(row);
    assert.deepEqual(a && { ...a }, b && { ...b });
  }
  loaded.dispose();
});

Deno.test("the vote needs k flags among the last m steps, and forgets older flags", () => {
  const ballot = new Ballot({ k: 2, of: 3 });
  const flags = [1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 1];
  const counted = flags.map((_, t) =>
    flags.slice(Math.max(0, t - 2), t + 1).reduce((a, b) => a + b, 0) >= 2
  );
  assert.deepEqual(flags.map((flag) => ballot.cast(flag === 1)), counted);
  assert.throws(() => detector.stream({ vote: { k: 3, of: 2 } }), /vote\.k/);
});

Deno.test("no training window contains a calibration step", () => {
  const steps = 500;
  const cells = { data: Float64Array.from({ length: steps }, (_, t) => t), rows: steps };
  const { training, calibration, calibrationWindows: stretches } = splitSeries(cells, 1, {
    window: 10,
    fraction: 0.2,
  });
  const kept = new Set(calibration.data);
  assert.ok(kept.size > 0.1 * steps && kept.size < 0.35 * steps);
  assert.ok(training.data.every((step) => !kept.has(step)));
  assert.ok(training.rows > 0.4 * steps);
  assert.equal(stretches!.reduce((sum, each) => sum + each, 0), calibration.rows);
});

Deno.test("tables that are no series, or too short, are refused by the reason", async () => {
  await assert.rejects(detector.score(series(WINDOW - 1)), /at least the 12 steps of a window/);
  assert.throws(() => detector.scoreInto([1, 2], new Float64Array(2)), /scores a series/);
  await assert.rejects(Detector.fit(series(40), { window: 12 }), /at least 48 rows/);
  await assert.rejects(Detector.fit(series(40), { window: 1 }), /window/);
  const rows = await Detector.fit(series(60), { preset: "small", epochs: 2 });
  assert.throws(() => rows.stream(), /scores single rows/);
  rows.dispose();
});

Deno.test("a stream takes rows as score() does, and a refused row leaves it unchanged", async () => {
  const rows = series(240).map(([flow], t) => ({ flow, mode: t % 40 < 30 ? "on" : "off" }));
  const mixed = await Detector.fit(rows, { window: 6 });
  const known = mixed.schema.find(({ name }) => name === "mode")!.levels!;
  const codes = rows.map(({ flow, mode }) => Float64Array.of(flow, known.indexOf(mode)));
  codes[20][0] = NaN;
  const plain = mixed.stream(), named = mixed.stream(), listed = mixed.stream();
  for (let t = 0; t < 40; t++) {
    const expected = plain.push(codes[t]), row = t === 20 ? { ...rows[t], flow: null } : rows[t];
    for (const bad of [[1], ["much", "on"], { flow: Infinity, mode: "on" }, { flow: 1 }]) {
      assert.throws(() => named.push(bad as never), /^(Type|Range)Error: Cannot read row 1/);
    }
    assert.deepEqual(named.push(row), expected);
    assert.deepEqual(listed.push([row.flow, row.mode]), expected);
  }
  mixed.dispose();
});
