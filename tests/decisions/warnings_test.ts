/** Warnings of a fit, on tables and networks made to deserve them and on ones that do not. */
import assert from "node:assert/strict";
import { Detector, type DetectorOptions } from "../../mod.ts";
import { ensembleWarnings, trainedWarnings } from "../../src/detection/fit_warnings.ts";
import { normals, planeRows } from "../util/data.ts";

const OPTIONS: DetectorOptions = { preset: "small", seed: 1, hidden: [16], latent: 2, epochs: 20 };
const about = (detector: Detector, what: RegExp) =>
  detector.warnings.some((warning) => what.test(warning));

Deno.test("Detector.fit() warns of overfitting where there is, and not where there is none", async () => {
  const heart = await Detector.fit(planeRows(120, 20, 31, 1), {
    ...OPTIONS,
    hidden: [64],
    latent: 16,
    epochs: 300,
    batchSize: 16,
    calibration: 0.5,
  });
  assert.ok(about(heart, /the model overfits: \d\d % of the rows kept back/), `${heart.warnings}`);
  const plain = await Detector.fit(planeRows(1500, 5, 31, 0.5), OPTIONS);
  assert.deepEqual(plain.warnings, []);
});

Deno.test("Detector.fit() warns of columns that leave the latent variables without work", async () => {
  const noise = normals(1500, 5);
  const rows = Array.from({ length: 500 }, (_, r) => noise.slice(3 * r, 3 * r + 3));
  const detector = await Detector.fit(rows, { ...OPTIONS, epochs: 3 });
  assert.ok(about(detector, /the columns are not linearly correlated/), `${detector.warnings}`);
});

Deno.test("trainedWarnings() counts as its formula says", () => {
  const training = Float64Array.from({ length: 100 }, (_, i) => i);
  const kept = (above: number) => Float64Array.from({ length: 100 }, (_, i) => i < above ? 95 : 0);
  assert.deepEqual(trainedWarnings(training, kept(15), 2), []);
  assert.match(trainedWarnings(training, kept(16), 2)[0], /overfits: 16 %/);
  assert.match(trainedWarnings(training, kept(0), 0)[0], /the latent variables are not used/);
  // 3 of 10 is no evidence: P(Bin(10, 0.05) ≥ 3) = 0.012.
  assert.deepEqual(
    trainedWarnings(training, Float64Array.of(99, 99, 99, 0, 0, 0, 0, 0, 0, 0), 1),
    [],
  );
});

Deno.test("the default warns of networks that overfit, and not of ordinary tables", async () => {
  const heart = await Detector.fit(planeRows(120, 20, 31, 1), {
    preset: "ensemble",
    hidden: [64],
    latent: 16,
    epochs: 150,
    batchSize: 16,
    calibration: 0.5,
  });
  assert.ok(about(heart, /the networks overfit: \d+ % of the rows/), `${heart.warnings}`);
  for (const [rows, columns] of [[1500, 8], [600, 5]]) {
    const plain = await Detector.fit(planeRows(rows, columns, 50, 0.4));
    assert.deepEqual(plain.warnings, []);
    plain.dispose();
  }
  heart.dispose();
});

Deno.test("ensembleWarnings() counts as its formula says", () => {
  const seen = Float64Array.from({ length: 100 }, (_, i) => i);
  const view = (above: number, activeUnits = [2, 0]) => ({
    seen,
    residual: Float64Array.from({ length: 100 }, (_, i) => i < above ? 95 : 94),
    activeUnits,
  });
  assert.deepEqual(ensembleWarnings([view(40), view(5)]), []);
  assert.match(ensembleWarnings([view(5), view(41)])[0], /overfit: 41 %/);
  assert.match(ensembleWarnings([view(0, [0, 0]), view(0, [0])])[0], /of no network are used/);
});
