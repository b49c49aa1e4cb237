/** Warnings of a fit, on tables and networks made to cause them and on others. */
import assert from "node:assert/strict";
import { Detector, type DetectorOptions } from "../../mod.ts";
import { exceedanceProbability } from "../../src/core/probability/hypergeometric.ts";
import { ensembleWarnings, trainedWarnings } from "../../src/detection/warnings/fit_warnings.ts";
import { assertRelative } from "../util/close.ts";
import { normals, planeRows } from "../util/data.ts";

const OPTIONS: DetectorOptions = { preset: "small", seed: 1, hidden: [16], latent: 2, epochs: 20 };
const about = (detector: Detector, what: RegExp) =>
  detector.warnings.some((warning) => what.test(warning));

Deno.test("Detector.fit() warns of overfitting only where it happens", async () => {
  const heart = await Detector.fit(planeRows(120, 20, 31, 1), {
    ...OPTIONS,
    hidden: [64],
    latent: 16,
    epochs: 300,
    batchSize: 16,
    calibration: 0.5,
  });
  assert.ok(about(heart, /the model overfits: \d\d % of the held-out rows/), `${heart.warnings}`);
  const plain = await Detector.fit(planeRows(1500, 5, 31, 0.5), OPTIONS);
  assert.deepEqual(plain.warnings, []);
});

Deno.test("Detector.fit() warns of columns that give the latent variables nothing to encode", async () => {
  const noise = normals(1500, 5);
  const rows = Array.from({ length: 500 }, (_, r) => noise.slice(3 * r, 3 * r + 3));
  const detector = await Detector.fit(rows, { ...OPTIONS, epochs: 3 });
  assert.ok(about(detector, /the columns are not linearly correlated/), `${detector.warnings}`);
});

Deno.test("Detector.fit() says nothing of how numbers relate to levels, which the spectrum does not see", async () => {
  const noise = normals(1000, 6);
  const rows = Array.from({ length: 500 }, (_, r) => {
    const level = r % 4;
    return { x: 3 * level + noise[2 * r], y: noise[2 * r + 1], level: `l${level}` };
  });
  const detector = await Detector.fit(rows, { ...OPTIONS, epochs: 3 });
  assert.ok(
    about(
      detector,
      /^the columns of numbers are not linearly correlated with each other: .* or to the other columns/,
    ),
    `${detector.warnings}`,
  );
});

/**
 * P(at least `least` of `rows` exceed all but the `larger` largest of `training`), if all values are alike. Goes
 * through the values from the largest down; each belongs to the training set with the probability of its share of those
 * left. Uses no factorials and no Γ function, unlike the code under test.
 */
function chanceByWalk(training: number, larger: number, rows: number, least: number): number {
  let reached = 0;
  // walks[k]: probability that after `passed` training values, k others have been seen.
  let walks = Array.from({ length: rows + 1 }, (_, k): number => k === 0 ? 1 : 0);
  for (let passed = 0; passed <= larger; passed++) {
    const next = walks.map(() => 0);
    for (let k = 0, here = 0; k <= rows; k++) {
      here += walks[k];
      const left = training - passed, share = left / (left + rows - k);
      next[k] = here * share;
      here *= 1 - share;
    }
    walks = next;
  }
  for (let k = least; k <= rows; k++) reached += walks[k];
  return reached;
}

Deno.test("trainedWarnings() warns at the counts that its formula gives", () => {
  const scores = (length: number) => Float64Array.from({ length }, (_, i) => i);
  const kept = (above: number, training: number, length: number) =>
    Float64Array.from({ length }, (_, i) => i < above ? training : 0);
  // Of 100 rows 21 are needed, because the 95 % point of 100 others is uncertain as well; for more rows the limit
  // decides.
  assert.ok(chanceByWalk(100, 5, 100, 20) > 1e-3 && chanceByWalk(100, 5, 100, 21) < 1e-3);
  assert.ok(chanceByWalk(1000, 50, 100, 16) < 1e-3);
  for (const [training, rows, most] of [[100, 100, 20], [1000, 100, 15], [1000, 1000, 150]]) {
    const larger = training / 20;
    const told = (above: number) =>
      trainedWarnings(scores(training), kept(above, training, rows), 2, 3);
    assert.deepEqual(told(most), [], `${training} ${rows}`);
    assert.match(told(most + 1)[0], /overfits: \d\d % of the held-out rows/);
    for (const above of [0, 1, most, most + 1]) {
      const want = chanceByWalk(training, larger, rows, above);
      assertRelative(exceedanceProbability(training, larger, rows, above), want, 1e-7, 1e-11);
    }
  }
  assert.match(
    trainedWarnings(scores(100), kept(0, 100, 100), 0, 2)[0],
    /latent variables are not used/,
  );
  assert.deepEqual(trainedWarnings(scores(100), kept(0, 100, 100), 0, 1), []);
  // 3 of 10 are not enough evidence.
  assert.deepEqual(trainedWarnings(scores(100), kept(3, 100, 10), 1, 2), []);
});

Deno.test("a table of one column is not warned that its columns are scored one by one", async () => {
  const objective = { type: "elbo", beta: 10 } as const;
  for (const [columns, expected] of [[1, 0], [2, 1]]) {
    const rows = planeRows(300, 3, 31).map((row) => row.slice(0, columns));
    const small = await Detector.fit(rows, { objective, latent: 1, epochs: 60 });
    assert.equal(small.report!.history.at(-1)!.activeUnits, 0);
    const told = small.warnings.filter((each) => each.includes("latent variables are not used"));
    assert.equal(told.length, expected, `${small.warnings}`);
    small.dispose();
  }
});

Deno.test("the default detector warns of networks that overfit, and not for ordinary tables", async () => {
  const heart = await Detector.fit(planeRows(120, 20, 31, 1), {
    preset: "ensemble",
    hidden: [64],
    latent: 16,
    epochs: 150,
    batchSize: 16,
    calibration: 0.5,
  });
  assert.ok(about(heart, /the networks overfit: \d+ % of unseen rows/), `${heart.warnings}`);
  for (const [rows, columns] of [[1500, 8], [600, 5]]) {
    const plain = await Detector.fit(planeRows(rows, columns, 50, 0.4));
    assert.deepEqual(plain.warnings, []);
    plain.dispose();
  }
  heart.dispose();
});

Deno.test("ensembleWarnings() warns at the counts that its formula gives", () => {
  const trainingResidual = Float64Array.from({ length: 100 }, (_, i) => i);
  const view = (above: number, activeUnits = [2, 0]) => ({
    trainingResidual,
    residual: Float64Array.from({ length: 100 }, (_, i) => i < above ? 95 : 94),
    activeUnits,
  });
  assert.deepEqual(ensembleWarnings([view(40), view(5)], 3), []);
  assert.match(ensembleWarnings([view(5), view(41)], 1)[0], /overfit: 41 %/);
  assert.match(
    ensembleWarnings([view(0, [0, 0]), view(0, [0])], 2)[0],
    /no network uses its latent variables/,
  );
  assert.deepEqual(ensembleWarnings([view(0, [0, 0]), view(0, [0])], 1), []);
});
