/**
 * EM for probabilistic PCA and factor analysis. Oracles: the closed form of pPCA (eigenvalues by the tests' own
 * routine), the closed form of one factor on three columns, the D × D density by Cholesky, its finite differences, and
 * a linear VAE trained by gradients.
 */
import assert from "node:assert/strict";
import { symmetricEigen } from "../../../src/core/algebra/symmetric_eigen.ts";
import { factorAnalysis } from "../../../src/training/em/factor_analysis.ts";
import { VAE } from "../../../src/training/vae.ts";
import { assertRelative } from "../../util/close.ts";
import { normals, planeRows } from "../../util/data.ts";
import { readDigits } from "../../util/digits.ts";
import { symmetricEigenvalues } from "../../util/eigenvalues.ts";
import { deviceOf, EXECUTORS, REFERENCE } from "../../util/executors.ts";
import { gaussianLogDensity } from "../../util/linear_gaussian.ts";
import { covarianceOf, ppcaMaximum } from "../../util/ppca.ts";
import {
  covarianceOfModel,
  exactElbo,
  exactLogDensity,
  mean,
  rounded,
  valuesOf,
  varianceOf,
} from "./util.ts";

const DIGITS = await readDigits(1500);
const COLUMNS = 64;
const COVARIANCE = covarianceOf(DIGITS);
const PLANE = rounded(planeRows(300, 6, 3, 0.5)) as unknown as number[][];

/** Steps until nothing changes any more, for comparison with a maximum. */
const TO_THE_END = { iterations: 5000, tolerance: 0 };

/** Rounding of a log-likelihood: sums of some thousands of float64 terms of up to 1e3 nats. */
const ROUNDING = 1e-9;

function assertNeverFalls(history: readonly number[], what: string): void {
  for (let i = 1; i < history.length; i++) {
    const gain = history[i] - history[i - 1];
    assert.ok(gain >= -ROUNDING, `${what}: step ${i} loses ${-gain} nats`);
  }
}

for (const latent of [2, 5, 10]) {
  Deno.test(`EM of pPCA with ${latent} dimensions ends at the closed form`, async () => {
    const options = { latent, noise: "shared", seed: 1, ...TO_THE_END } as const;
    const { model, logLikelihood, converged } = await factorAnalysis(DIGITS, options);
    const best = ppcaMaximum(symmetricEigenvalues(COVARIANCE, COLUMNS), latent);
    assert.ok(converged);
    assertNeverFalls(logLikelihood, `q = ${latent}`);
    assertRelative(logLikelihood.at(-1)!, best.logLikelihood, 1e-6, 1e-6, "ln p(x) of EM");
    const ofModel = mean(exactLogDensity(model, DIGITS));
    assert.ok(ofModel <= best.logLikelihood + ROUNDING, "the model passes the maximum");
    assertRelative(ofModel, best.logLikelihood, 1e-6, 1e-6, "ln p(x) of the model");
    // UΛUᵀ + σ²(I - UUᵀ): parameters are float32, so each element has an error of some 2^-24 of the largest.
    const largest = COVARIANCE.reduce((a, b) => Math.max(a, b));
    assertRelative(
      covarianceOfModel(model),
      ppcaCovariance(latent, best.variance),
      0,
      1e-6 * largest,
    );
    model.dispose();
  });
}

function ppcaCovariance(latent: number, variance: number): Float64Array {
  const { values, vectors } = symmetricEigen(COVARIANCE, COLUMNS);
  return COVARIANCE.map((_, i) => {
    const [r, c] = [Math.floor(i / COLUMNS), i % COLUMNS];
    let sum = r === c ? variance : 0;
    for (let k = 0; k < latent; k++) {
      sum += (values[k] - variance) * vectors[k * COLUMNS + r] * vectors[k * COLUMNS + c];
    }
    return sum;
  });
}

Deno.test("EM of one factor on three columns gives the loadings that solve the triad", async () => {
  // s_ij = w_i w_j for i ≠ j: three equations, three unknowns, so ML reproduces the covariance.
  const causes = normals(500, 1), noise = normals(1500, 2), loadings = [1, -0.7, 0.5];
  const rows = rounded(
    causes.map((z, r) => loadings.map((w, c) => w * z + noise[3 * r + c] * 0.6)),
  );
  const s = covarianceOf(rows);
  const triad = (i: number, j: number, k: number) =>
    Math.sqrt(s[3 * i + j] * s[3 * i + k] / s[3 * j + k]);
  const want = [triad(0, 1, 2), -triad(1, 0, 2), triad(2, 0, 1)];
  const { model } = await factorAnalysis(rows, { latent: 1, ...TO_THE_END });
  // EM stops once a step changes the likelihood only by rounding, so parameters are accurate to its square root.
  assertRelative(valuesOf(model)["decoder.mean.weight"], want, 1e-5, 0, "loadings");
  const variances = want.map((w, d) => s[4 * d] - w * w);
  assertRelative([0, 1, 2].map((d) => varianceOf(model, d)), variances, 1e-5, 0, "variances");
  assertRelative(covarianceOfModel(model), s, 1e-5, 0, "covariance");
  model.dispose();
});

Deno.test("EM of factor analysis ends where the exact likelihood has no slope", async () => {
  const { model, logLikelihood } = await factorAnalysis(PLANE, { latent: 2, ...TO_THE_END });
  assertNeverFalls(logLikelihood, "factor analysis");
  const columns = model.spec.inputs, centre = valuesOf(model)["decoder.mean.bias"];
  const weight = Float64Array.from(valuesOf(model)["decoder.mean.weight"]);
  const logVar = Float64Array.from(valuesOf(model)["likelihood.logVar"]);
  const at = (w: Float64Array, l: Float64Array) => {
    const covariance = new Float64Array(columns * columns).map((_, i) => {
      const [r, c] = [Math.floor(i / columns), i % columns];
      const shared = w[r] * w[c] + w[columns + r] * w[columns + c];
      return r === c ? shared + Math.exp(l[r]) : shared;
    });
    return mean(PLANE.map((row) => gaussianLogDensity(row, centre, covariance)));
  };
  const step = 1e-5, best = at(weight, logVar);
  assertRelative(logLikelihood.at(-1)!, best, 0, 1e-9, "the history's end");
  const slopes = [
    ...weight.keys().map((i) => {
      return (at(weight.with(i, weight[i] + step), logVar) -
        at(weight.with(i, weight[i] - step), logVar)) / (2 * step);
    }),
    ...logVar.keys().map((i) => {
      return (at(weight, logVar.with(i, logVar[i] + step)) -
        at(weight, logVar.with(i, logVar[i] - step))) / (2 * step);
    }),
  ];
  // The gain of a step is about slope² / 2: with the last gain below 1e-15, a slope of some 1e-6 is left.
  assertRelative(slopes, slopes.map(() => 0), 0, 1e-5, "slopes");
  model.dispose();
});

Deno.test("EM of factor analysis ends where a linear VAE trained by gradients does", async () => {
  const { model, logLikelihood } = await factorAnalysis(PLANE, { latent: 2, ...TO_THE_END });
  const vae = VAE.create({ inputs: 6, latent: [{ size: 2 }] }, { seed: 2 });
  await vae.fit(PLANE, {
    epochs: 1500,
    batchSize: PLANE.length,
    optimizer: { type: "adam", learningRate: 0.05, decay: "cosine" },
  });
  const [trained, evidence] = [exactElbo(vae, PLANE), exactLogDensity(vae, PLANE)].map(mean);
  const best = logLikelihood.at(-1)!;
  assert.ok(trained <= evidence + ROUNDING && evidence <= best + ROUNDING);
  // Noisy gradients with a rate that falls to zero: within 0.02 nats, as for pPCA.
  assert.ok(best - trained < 0.02, `training leaves ${best - trained} nats`);
  for (const each of [vae, model]) each.dispose();
});

for (const executor of EXECUTORS) {
  Deno.test(`${executor.label}: ELBO and importance weights are ln p(x), row by row`, async () => {
    for (const noise of ["shared", "perFeature"] as const) {
      const options = { latent: 3, noise, iterations: 20, seed: 5, ...deviceOf(executor) };
      const { model, converged } = await factorAnalysis(PLANE, options);
      assert.equal(converged, false);
      const evidence = exactLogDensity(model, PLANE);
      assertRelative(exactElbo(model, PLANE), evidence, 0, 1e-5, "closed form");
      // One draw is enough: ln w = ln p(x) for every z. Some 20 roundings of terms of up to 100 nats.
      const weighted = await model.logLikelihood(PLANE, { samples: 1, seed: 3 });
      assertRelative(weighted, evidence, 0, executor === REFERENCE ? 1e-5 : 2e-4, "one draw");
      model.dispose();
    }
  });
}

Deno.test("the fit does not depend on the start, and a start is determined by its seed", async () => {
  const fit = (seed: number) => factorAnalysis(PLANE, { latent: 2, seed, ...TO_THE_END });
  const [one, other, again] = [await fit(1), await fit(2), await fit(1)];
  assert.deepEqual(one.model.save(), again.model.save());
  assert.notDeepEqual(one.logLikelihood, other.logLikelihood);
  const [a, b] = [one, other].map(({ model }) => valuesOf(model));
  for (const name of ["decoder.mean.weight", "likelihood.logVar", "encoder.mean.weight"] as const) {
    assertRelative(a[name], b[name], 1e-4, 1e-5, name);
  }
  for (const { model } of [one, other, again]) model.dispose();
});

Deno.test("factor analysis does not depend on the units of a column", async () => {
  const scale = [1, 1000, 0.01, -3, 1, 20];
  const rows = rounded(PLANE.map((row) => row.map((value, c) => value * scale[c])));
  const [plain, scaled] = [
    await factorAnalysis(PLANE, { latent: 2, ...TO_THE_END }),
    await factorAnalysis(rows, { latent: 2, minVariance: 1e-9, ...TO_THE_END }),
  ];
  const jacobian = scale.reduce((sum, each) => sum + Math.log(Math.abs(each)), 0);
  // Rows are rounded to float32 after scaling: 6e-8 of distances of a few standard deviations.
  assertRelative(scaled.logLikelihood.at(-1)!, plain.logLikelihood.at(-1)! - jacobian, 0, 1e-6);
  for (const { model } of [plain, scaled]) model.dispose();
});

Deno.test("a column that factors explain completely keeps the smallest variance (Heywood case)", async () => {
  const twins = PLANE.map((row) => [...row, row[0], 7]);
  for (const noise of ["shared", "perFeature"] as const) {
    const options = { latent: 3, noise, minVariance: 1e-4, iterations: 300, seed: 1 };
    const { model, logLikelihood } = await factorAnalysis(twins, options);
    assertNeverFalls(logLikelihood, noise);
    const least = Math.min(...valuesOf(model)["likelihood.logVar"]);
    assert.ok(least >= Math.fround(Math.log(1e-4)), `ln of the least variance is ${least}`);
    if (noise === "perFeature") {
      assertRelative(varianceOf(model, 7), 1e-4, 1e-6, 0, "the constant column's variance");
    }
    const scores = await model.score(twins);
    assert.ok(scores.every(Number.isFinite));
    model.dispose();
  }
});

Deno.test("a fitted model is saved, loaded, and scores the same", async () => {
  const { model } = await factorAnalysis(PLANE, { latent: 2, iterations: 30 });
  const loaded = await VAE.load(model.save());
  assert.deepEqual(await loaded.score(PLANE), await model.score(PLANE));
  assert.deepEqual(loaded.spec, model.spec);
  for (const each of [model, loaded]) each.dispose();
});

Deno.test("factorAnalysis() reports every step, and stops on request", async () => {
  const seen: number[] = [];
  const options = { latent: 2, iterations: 5, tolerance: 0 };
  const { model, logLikelihood } = await factorAnalysis(PLANE, {
    ...options,
    onProgress: ({ iteration, logLikelihood }) => seen.push(iteration, logLikelihood),
  });
  assert.deepEqual(seen, logLikelihood.slice(1).flatMap((value, i) => [i + 1, value]));
  const stop = new AbortController();
  const stopped = factorAnalysis(PLANE, {
    ...options,
    onProgress: () => stop.abort(new Error("enough")),
    signal: stop.signal,
  });
  await assert.rejects(stopped, /enough/);
  model.dispose();
});

Deno.test("factorAnalysis() refuses by name what it cannot use", async () => {
  const refused = (rows: Parameters<typeof factorAnalysis>[0], options: object, fault: RegExp) =>
    assert.rejects(
      factorAnalysis(rows, options as Parameters<typeof factorAnalysis>[1]),
      fault,
    );
  await refused(PLANE, { latent: 2, rotation: "varimax" }, /unknown key "rotation"/);
  await refused(PLANE, {}, /TypeError: Cannot read latent/);
  await refused(PLANE, { latent: 6 }, /latent must be less than the 6 columns/);
  await refused(PLANE, { latent: 2, noise: "none" }, /Cannot read noise/);
  await refused(PLANE, { latent: 2, minVariance: 0 }, /RangeError: Cannot read minVariance/);
  await refused(PLANE.slice(0, 1), { latent: 2 }, /needs at least 2 rows/);
  await refused([], { latent: 2 }, /Cannot read columns/);
  await refused([[1, 2, 3], [1, NaN, 3]], { latent: 1 }, /row 2, column 2: expected a finite/);
  await refused([[1, 2, 3], [1, 2, 3]], { latent: 1 }, /a column must vary/);
  await refused([[1, 2, 3e5], [1, 3, 4]], { latent: 1 }, /variance of column 3 must be at most/);
});
