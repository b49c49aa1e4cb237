/** Detectors: blame, calibration, files, and difficult tables. */
import assert from "node:assert/strict";
import { Detector, type DetectorOptions, TableScorer, VAE } from "../../mod.ts";
import { normals, planeRows } from "../util/data.ts";

const ROWS = planeRows(600, 6, 7);
const OPTIONS: DetectorOptions = { epochs: 40, seed: 3, hidden: [16], latent: 2 };
const DETECTOR = await Detector.fit(ROWS.slice(0, 400), OPTIONS);

Deno.test("Detector.score() gives contributions that sum to the score", async () => {
  for (const { score, contributions } of await DETECTOR.score(ROWS)) {
    const sum = Object.values(contributions).reduce((a, b) => a + b);
    assert.ok(Math.abs(sum - score) <= 1e-9 * Math.max(1, Math.abs(score)));
  }
});

Deno.test("Detector.score() refuses unknown options, which only TypeScript would notice otherwise", async () => {
  const score: (...given: unknown[]) => Promise<unknown> = DETECTOR.score.bind(
    DETECTOR as never,
  ) as never;
  for (const given of [{ falseAlarmRate: 0.05 }, 0.05, null, { secondLook: "yes" }]) {
    await assert.rejects(
      score(ROWS, given),
      /options must be \{ secondLook: true \} or none \(setFalseAlarmRate\(\) sets the rate/,
    );
  }
  const scorer = await TableScorer.load(DETECTOR.save());
  await assert.rejects(
    scorer.score(ROWS, { falseAlarmRate: 0.05 } as never),
    /expected nothing but rows \(setFalseAlarmRate\(\) sets the rate/,
  );
  scorer.dispose();
});

Deno.test("Detector.score() flags a planted fault and blames its column first", async () => {
  let right = 0, flagged = 0, planted = 0;
  for (const [r, row] of ROWS.slice(400).entries()) {
    const column = r % 6;
    const spread = Math.sqrt(ROWS.reduce((sum, each) => sum + each[column] ** 2, 0) / ROWS.length);
    const [verdict] = await DETECTOR.score([row.with(column, row[column] + 6 * spread)]);
    const worst = Object.entries(verdict.contributions).sort((a, b) => b[1] - a[1])[0][0];
    planted++;
    if (worst === `x${column}`) right++;
    if (verdict.anomaly) flagged++;
  }
  assert.ok(right / planted >= 0.9, `blamed ${right} of ${planted}`);
  assert.ok(flagged / planted >= 0.95, `flagged ${flagged} of ${planted}`);
});

Deno.test("Detector keeps its false-alarm rate on new rows, and changes it without training", async () => {
  const pValues = (await DETECTOR.score(ROWS.slice(400))).map((verdict) => verdict.pValue);
  // The rate over 200 new rows, given n = 200 calibration rows, has mean α and a standard deviation below √(α (1 - α)
  // (1/200 + 1/201)).
  for (const rate of [0.05, 0.2]) {
    DETECTOR.setFalseAlarmRate(rate);
    const verdicts = await DETECTOR.score(ROWS.slice(400));
    assert.deepEqual(verdicts.map((verdict) => verdict.pValue), pValues);
    const alarms = verdicts.filter((verdict) => verdict.anomaly).length / 200;
    assert.ok(
      Math.abs(alarms - rate) < 4 * Math.sqrt(rate * (1 - rate) / 100),
      `${rate}: ${alarms}`,
    );
    for (const { score, anomaly } of verdicts) assert.equal(anomaly, score > DETECTOR.threshold);
  }
  DETECTOR.setFalseAlarmRate(0.01);
  assert.throws(() => DETECTOR.setFalseAlarmRate(0.001), /calibration rows allow no less than/);
});

Deno.test("Detector.scoreInto() gives the bits of score()", async () => {
  const out = new Float64Array(8);
  for (const [r, { score, pValue, contributions }] of (await DETECTOR.score(ROWS)).entries()) {
    DETECTOR.scoreInto(ROWS[r], out);
    assert.deepEqual([...out], [score, pValue, ...Object.values(contributions)], `row ${r}`);
  }
});

Deno.test("Detector.scoreInto() of a single network refuses a score that is not finite", async () => {
  const small = await Detector.fit(ROWS.slice(0, 100), { ...OPTIONS, preset: "small" });
  const out = new Float64Array(2);
  // Beyond float32 for every likelihood; the limit on standardised cells keeps rows of a table from getting there.
  const { model } = small as unknown as { model: { standardization: { limit: Float64Array } } };
  const limit = model.standardization.limit.slice();
  model.standardization.limit.fill(Infinity);
  const far = ROWS[0].with(1, 1e200);
  assert.throws(() => small.scoreInto(far, out), {
    name: "NotFiniteError",
    message: /Cannot score row: the result must be a finite float32/,
  });
  const data = Float64Array.from([...ROWS[0], ...far]);
  assert.throws(() => small.scoreCells({ data, rows: 2 }), {
    name: "NotFiniteError",
    message: /Cannot score row 2: /,
  });
  model.standardization.limit.set(limit);
});

Deno.test("a missing cell says nothing to an ensemble: it is no evidence of an anomaly", () => {
  // Such a row stays about as ordinary as it was, so the false-alarm rate hardly changes.
  const out = new Float64Array(8);
  let flagged = 0;
  for (const row of ROWS.slice(400)) {
    DETECTOR.scoreInto(row.with(2, NaN), out);
    assert.ok(out.every(Number.isFinite));
    if (out[1] <= 0.05) flagged++;
  }
  assert.ok(flagged <= 40, `${flagged} of 200`);
});

Deno.test("Detector with a Bernoulli likelihood names a cell that is no probability", async () => {
  const bits = ROWS.slice(0, 40).map((row) => row.slice(0, 2).map((value) => value > 0 ? 1 : 0));
  const detector = await Detector.fit(bits, {
    ...OPTIONS,
    epochs: 2,
    likelihood: "bernoulli",
    columns: ["p", "q"],
  });
  const message = /row 2, column "q": a Bernoulli likelihood needs a value from 0 to 1, .* 1.5$/;
  const rows = [[0, 1], [1, 1.5]];
  await assert.rejects(detector.score(rows), { message, row: 2, column: "q" });
  assert.throws(() => detector.standardize(rows), { message, row: 2, column: "q" });
  const loaded = await Detector.load(detector.save());
  assert.deepEqual(await loaded.score(bits), await detector.score(bits));
});

Deno.test("a loaded Detector gives the same scores, and saves the same bytes", async () => {
  const bytes = DETECTOR.save();
  const [loaded, scorer] = [await Detector.load(bytes), await TableScorer.load(bytes)];
  assert.deepEqual(loaded.save(), bytes);
  assert.deepEqual(await loaded.score(ROWS), await DETECTOR.score(ROWS));
  assert.deepEqual(await scorer.score(ROWS), await DETECTOR.score(ROWS));
  assert.deepEqual((await Detector.fit(ROWS.slice(0, 400), OPTIONS)).save(), bytes);
});

Deno.test("Detector.load() refuses a file with any bit changed", async () => {
  const bytes = DETECTOR.save();
  for (let at = 0; at < bytes.length; at += 97) {
    const damaged = bytes.slice();
    damaged[at] ^= 1 << (at % 8);
    await assert.rejects(Detector.load(damaged), SyntaxError, `byte ${at}`);
  }
  for (const length of [0, 7, 8, 100, bytes.length - 1]) {
    await assert.rejects(Detector.load(bytes.slice(0, length)), SyntaxError);
  }
});

Deno.test("Detector takes the cells of rows by name, in any order", async () => {
  const columns = ["a", "b", "c", "d", "e", "f"];
  const byName = ROWS.map((row) => Object.fromEntries(row.map((value, c) => [columns[c], value])));
  const named = await Detector.fit(byName.slice(0, 200), { ...OPTIONS, epochs: 3 });
  assert.deepEqual(named.columns, columns);
  const reversed = byName.map((row) => Object.fromEntries(Object.entries(row).reverse()));
  assert.deepEqual(await named.score(reversed), await named.score(ROWS));
  await assert.rejects(named.score([{ ...byName[0], g: 1 }]), /row 1: unknown column "g"/);
  const { a: _, ...without } = byName[0];
  await assert.rejects(named.score([without]), /row 1: no column "a"/);
});

Deno.test("Detector handles constant, duplicate, huge and tiny columns", async () => {
  const hostile = ROWS.slice(0, 300).map((row) => [
    row[0],
    row[0],
    7,
    row[1] * 1e30,
    row[2] * 1e-30,
    row[3] * 1e100,
  ]);
  const detector = await Detector.fit(hostile, { ...OPTIONS, epochs: 200 });
  const probes = [...hostile, [1e30, -1e30, 8, 0, 1e30, -1e120], [0, 0, 0, 0, 0, 0]];
  for (const { score, pValue, contributions } of await detector.score(probes)) {
    assert.ok(Number.isFinite(score) && pValue > 0 && pValue <= 1);
    assert.ok(Object.values(contributions).every(Number.isFinite));
  }
  assert.ok((await detector.score([[0, 0, 8, 0, 0, 0]]))[0].anomaly, "a constant that changed");
});

Deno.test("Detector.fit() refuses what it cannot use, with the reason", async () => {
  const refused: [readonly number[][], DetectorOptions, RegExp][] = [
    [[], {}, /no columns/],
    [[[1, 2]], {}, /at least 10 rows, got 1/],
    [ROWS.map((row, r) => r === 8 ? row.with(2, Infinity) : row), {}, /row 9, column "x2"/],
    [
      ROWS.map((row, r) => r === 3 ? row.slice(1) : row),
      {},
      /row 4: expected 6 values, got 5/,
    ],
    [ROWS, { columns: ["a", "a", "b", "c", "d", "e"] }, /column "a" is listed twice/],
    [ROWS, { falseAlarmRate: 0 }, /falseAlarmRate/],
    [ROWS, { likelihood: "bernoulli" }, /row 1, column "x\d": .* needs a value from 0 to 1/],
    [ROWS, { validation: 0.95 }, /validation: must be at least 0 and at most 0.9/],
  ];
  for (const [rows, options, message] of refused) {
    await assert.rejects(Detector.fit(rows, { ...OPTIONS, ...options }), { message });
  }
});

Deno.test("Detector.fit() names wrong arguments of callers without types", async () => {
  const refused: [unknown, unknown, RegExp][] = [
    [undefined, {}, /expected a list of rows.*undefined/],
    [ROWS, null, /detector options: expected an object/],
    [ROWS, { epoch: 3 }, /detector options: unknown key "epoch"/],
    [ROWS, { validation: ROWS }, /validation: expected a finite number/],
    [ROWS, { likelihood: "cauchy" }, /likelihood: expected "gaussian", "bernoulli"/],
    [ROWS, { determinism: "slow" }, /determinism: expected "portable" or "fast"/],
    [ROWS, { backend: "cuda" }, /backend: expected "auto", /],
    [ROWS, { hidden: "64" }, /hidden: expected a list of widths/],
    [ROWS, { seed: "1" }, /seed: expected a whole number/],
    [ROWS, { columns: [1, 2, 3] }, /columns must be a list of names, got \[1,2,3\]/],
    [ROWS, { columns: "abc" }, /columns must be a list of names/],
    [[[1n, 2n]], {}, /row 1, column "x0": expected a finite number, .*, got 1n/],
  ];
  for (const [rows, options, message] of refused) {
    const fit = Detector.fit(rows as number[][], options as DetectorOptions);
    await assert.rejects(fit, { name: "TypeError", message });
  }
});

Deno.test("new Detector() and new VAE() without what they hold say which function to call", () => {
  for (const [Class, call] of [[Detector, "Detector.fit"], [VAE, "VAE.create"]] as const) {
    const create = Class as unknown as new (...given: unknown[]) => unknown;
    assert.throws(() => new create(), new RegExp(`^TypeError: Cannot create .*: call ${call}`));
    assert.throws(() => new create({ inputs: 2 }), { message: new RegExp(call) });
  }
});

Deno.test("Detector.fit() on few rows keeps the lowest rate they can guarantee, and warns", async () => {
  const detector = await Detector.fit(ROWS.slice(0, 40), { ...OPTIONS, epochs: 5 });
  assert.equal(detector.calibrationRows, 20);
  assert.equal(detector.falseAlarmRate, 1 / 21);
  const warnings = ["20 calibration rows allow no false-alarm rate below 0.0477"];
  assert.deepEqual(detector.warnings, warnings);
  detector.setFalseAlarmRate(0.5);
  const loaded = await Detector.load(detector.save());
  assert.deepEqual(loaded.warnings, warnings, "still true");
  loaded.setFalseAlarmRate(1 / 21);
  loaded.recalibrate(ROWS.slice(0, 60));
  assert.deepEqual([loaded.falseAlarmRate, loaded.warnings], [1 / 21, []], "no longer true");
  loaded.recalibrate(ROWS.slice(0, 10));
  const coarser = ["10 calibration rows allow no false-alarm rate below 0.091"];
  assert.deepEqual([loaded.falseAlarmRate, loaded.warnings], [1 / 11, coarser]);
});

Deno.test("warnings about the rows that calibrate end with these, those about the training stay, in files as well", async () => {
  const fitted = await Detector.fit(ROWS, { ...OPTIONS, epochs: 2 });
  const table = { warnings: ["of training"], calibrationWarnings: ["of calibration"] };
  const model = { ...fitted.table, ...table };
  const detector = await Detector.load(new Detector(fitted.vae, model).save());
  assert.deepEqual(detector.warnings, ["of calibration", "of training"]);
  detector.recalibrate(ROWS);
  assert.deepEqual(detector.warnings, ["of training"]);
  assert.deepEqual((await Detector.load(detector.save())).warnings, ["of training"]);
  const updated = await Detector.load(new Detector(fitted.vae, model).save());
  await updated.partialFit(ROWS, { epochs: 1 });
  assert.deepEqual(updated.warnings, ["of training"]);
});

Deno.test("Detector keeps its rate on new rows even if it overfits its training rows", async () => {
  // 60 training rows of 20 columns and a wide network: training rows score far lower than new ones. Calibration on
  // training rows would flag three quarters of all rows. The rate of 280 fresh rows, given 60 calibration rows, has
  // mean 0.2 and standard deviation √(0.2 · 0.8 (1/61 + 1/280)) = 0.057.
  const rows = planeRows(1200, 20, 31, 1);
  const alarms = await Promise.all([0, 1, 2].map(async (run) => {
    const detector = await Detector.fit(rows.slice(400 * run, 400 * run + 120), {
      hidden: [64],
      latent: 16,
      epochs: 300,
      batchSize: 16,
      seed: run,
      calibration: 0.5,
      falseAlarmRate: 0.2,
    });
    const fresh = await detector.score(rows.slice(400 * run + 120, 400 * run + 400));
    return fresh.filter((verdict) => verdict.anomaly).length / fresh.length;
  }));
  const mean = alarms.reduce((a, b) => a + b) / 3;
  assert.ok(Math.abs(mean - 0.2) < 4 * 0.057 / Math.sqrt(3), `${alarms}`);
});

Deno.test("a file of preset small with 32 columns has at most 60 kB, and gives the same scores", async () => {
  const shape = [10_000, 32] as const;
  const columns = Array.from({ length: 32 }, (_, c) => `sensor_reading_${c}`);
  const rows = { data: Float64Array.from(normals(shape[0] * shape[1], 3)), shape };
  const detector = await Detector.fit(rows, { columns, preset: "small", epochs: 1 });
  const bytes = detector.save();
  assert.ok(detector.calibrationRows === 2000 && bytes.length <= 60_000, `${bytes.length} bytes`);
  const loaded = await Detector.load(bytes);
  const some = { data: rows.data.slice(0, 320), shape: [10, 32] as const };
  assert.deepEqual(await loaded.score(some), await detector.score(some));
});
