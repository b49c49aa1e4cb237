/**
 * The default detector of a series. Oracles: the quadratic form of W Wᵀ + σ² I by Cholesky; the maximum of the
 * likelihood from eigenvalues (Tipping and Bishop, 1999, eq. 7); Jacobi's eigenvectors; the covariance of an
 * autoregression, -1 < a < 1: cov(x_s, x_t) = a^|s - t|, from which the best possible score follows; and planted
 * faults.
 */
import assert from "node:assert/strict";
import { pcaScores } from "../../bench/series/pca.ts";
import { cholesky, inverse, solveRows } from "../../src/core/algebra/cholesky.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { normal } from "../../src/core/random/draws.ts";
import { principalAxes } from "../../src/core/algebra/principal_axes.ts";
import { symmetricEigen } from "../../src/core/algebra/symmetric_eigen.ts";
import { Detector } from "../../src/detection/detector.ts";
import { varianceAboutMeans } from "../../src/detection/series/exact_fits.ts";
import { linearReport } from "../../src/detection/series/linear_report.ts";
import { auroc } from "../../src/scoring/metrics.ts";
import { TableScorer } from "../../src/scoring/mod.ts";
import { stepMeans, windowsOf } from "../../src/scoring/series/windows.ts";
import { linearVaeParameters } from "../../src/training/em/linear_vae.ts";
import { runSync } from "../../src/trained/steps.ts";
import { momentSteps } from "../../src/training/em/moments.ts";
import { principalFactors } from "../../src/training/em/principal_factors.ts";
import { VAE } from "../../src/training/vae.ts";
import { assertRelative } from "../util/close.ts";

const A = 0.9;

/** x_t = a x_(t-1) + √(1 - a²) e_t, unit variance; in `white`, steps of the same variance without memory. */
function autoregression(steps: number, seed: number, white = new Set<number>()): Float64Array {
  const random = new HostRandom(seed, 0, 77), x = new Float64Array(steps);
  let state = normal(random);
  for (let t = 0; t < steps; t++) {
    const e = normal(random);
    state = A * state + Math.sqrt(1 - A * A) * e;
    x[t] = white.has(t) ? e : state;
  }
  return x;
}

const rowsOf = (x: Float64Array) => Array.from(x, (value) => [value]);

/** Rows of mixed independent normals. */
function mixedRows(rows: number, width: number) {
  const random = new HostRandom(5, 0, 77), data = new Float32Array(rows * width);
  for (let r = 0; r < rows; r++) {
    const common = normal(random), other = normal(random);
    for (let c = 0; c < width; c++) {
      data[r * width + c] = 3 * common * Math.sin(c + 1) + 2 * other * Math.cos(2 * c) +
        0.5 * normal(random);
    }
  }
  return { data, shape: [rows, width] as const };
}

Deno.test("principalAxes() are the first of Jacobi's, wherever they start", () => {
  const { covariance } = runSync(momentSteps(mixedRows(300, 40)));
  const all = symmetricEigen(covariance, 40);
  const first = principalAxes(covariance, 40, 2, new HostRandom(1, 0, 1));
  const near = principalAxes(covariance, 40, 2, new HostRandom(2, 0, 1), first.vectors);
  for (const axes of [first, near]) {
    for (let i = 0; i < 2; i++) {
      // The first two are far from the third, so they converge long before the trace settles.
      assertRelative(axes.values[i], all.values[i], 1e-5, 0, `value ${i}`);
      let along = 0;
      for (let c = 0; c < 40; c++) along += axes.vectors[i * 40 + c] * all.vectors[i * 40 + c];
      assert.ok(Math.abs(along) > 1 - 1e-5, `vector ${i}: ${along}`);
    }
  }
  const zero = principalAxes(new Float64Array(9), 3, 2, new HostRandom(1, 0, 1));
  assert.deepEqual([...zero.values], [0, 0]);
});

Deno.test("the closed form is the maximum of the likelihood, and the report contains it", () => {
  const rows = mixedRows(500, 12), moments = runSync(momentSteps(rows)), latent = 3;
  const random = new HostRandom(1, 0, 1);
  const { factors } = principalFactors(moments, { maxLatent: latent, floor: 1e-6, random });
  const vae = VAE.create({
    inputs: 12,
    latent: [{ size: latent }],
    likelihood: { type: "gaussian", variance: "shared" },
  });
  vae.setParameters(linearVaeParameters(moments.mean, factors, latent, "shared"));
  const { values } = symmetricEigen(moments.covariance, 12);
  const left = values.slice(latent).reduce((a, b) => a + b, 0) / (12 - latent);
  const logs = values.slice(0, latent).reduce((sum, value) => sum + Math.log(value), 0) +
    (12 - latent) * Math.log(left);
  const maximum = -0.5 * (12 * Math.log(2 * Math.PI) + logs + 12);
  assertRelative(linearReport(vae, rows).history[0].elbo, maximum, 1e-5, 0, "nats per row");
  vae.dispose();
});

const detector = await Detector.fit(rowsOf(autoregression(1500, 1)), { window: 20, seed: 2 });

Deno.test("the score of a window is half its squared distance under W Wᵀ + σ² I, plus a constant", () => {
  assert.equal(detector.vae.spec.encoder.hidden.length, 0);
  const parameters = detector.vae.parameters(), width = 20;
  const loadings = parameters.get("decoder.mean.weight")!.data;
  const mean = parameters.get("decoder.mean.bias")!.data;
  const noise = Math.exp(parameters.get("likelihood.logVar")!.data[0]);
  const latent = loadings.length / width, covariance = new Float64Array(width * width);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < width; j++) {
      for (let l = 0; l < latent; l++) {
        covariance[i * width + j] += loadings[l * width + i] * loadings[l * width + j];
      }
    }
    covariance[i * width + i] += noise;
  }
  const precision = inverse(cholesky(covariance, width), width);
  const steps = rowsOf(autoregression(60, 9)), x = detector.standardize(steps).data;
  const stream = detector.stream();
  const scores = steps.flatMap((row) => stream.push(row)?.score ?? []);
  const constants = scores.map((score, w) => {
    let square = 0;
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) {
        square += precision[i * width + j] * (x[w * width + i] - mean[i]) *
          (x[w * width + j] - mean[j]);
      }
    }
    return score - square / 2;
  });
  // float32 sums over 20 cells of a few nats each.
  for (const constant of constants) assertRelative(constant, constants[0], 0, 1e-3, "constant");
});

Deno.test("on a Gaussian series, detection equals that of the true covariance, and the rate holds", async () => {
  const window = 20, steps = 3000, white = new Set<number>();
  for (let t = 500; t < steps; t += 500) for (let i = 0; i < 15; i++) white.add(t + i);
  const x = autoregression(steps, 3, white);
  const label = Uint8Array.from(x, (_, t) => Number(white.has(t)));
  const truth = cholesky(
    Float64Array.from(
      { length: window * window },
      (_, i) => A ** Math.abs(Math.floor(i / window) - i % window),
    ),
    window,
  );
  const best = Float64Array.from({ length: steps - window + 1 }, (_, w) => {
    const solved = x.slice(w, w + window);
    solveRows(truth, window, solved);
    return solved.reduce((sum, value, i) => sum + value * x[w + i], 0);
  });
  const verdicts = await detector.score(rowsOf(x));
  const mine = auroc(Float64Array.from(verdicts, ({ score }) => score), label);
  const theirs = auroc(stepMeans(best, 1, window), label);
  assert.ok(
    theirs > 0.9 && mine > theirs - 0.02,
    `AUROC ${mine}, by the true covariance ${theirs}`,
  );
  const fresh = await detector.score(rowsOf(autoregression(steps, 4)));
  const alarms = fresh.filter(({ anomaly }) => anomaly).length;
  // Rate 0.01. Alarms come in runs of some 20 steps, so 1500 calibration steps amount to some 75 independent ones.
  assert.ok(alarms < 0.05 * steps, `${alarms} alarms in ${steps} steps`);
});

/** Four sensors that follow two oscillations; during the fault the last one lags by a quarter of its period. */
function sensors(steps: number, seed: number, fault: [number, number] = [0, 0]): number[][] {
  const random = new HostRandom(seed, 0, 78);
  return Array.from({ length: steps }, (_, t) => {
    const wrong = t >= fault[0] && t < fault[1] ? 2.5 : 0;
    const all = [Math.sin(t / 4), Math.cos(t / 4), Math.sin(t / 9), Math.sin((t - wrong) / 4)];
    return all.map((value) => value + 0.15 * normal(random));
  });
}

Deno.test("a fault in a short series of wide windows is found as well as by PCA, also from the file", async () => {
  const window = 30, training = sensors(300, 1), test = sensors(300, 2, [150, 170]);
  const label = Uint8Array.from(test, (_, t) => Number(t >= 150 && t < 170));
  const columns = ["a", "b", "c", "d"];
  const fitted = await Detector.fit(training, { columns, window });
  const steps = (rows: number[][]) => ({
    data: Float64Array.from(rows.flat()),
    rows: rows.length,
    columns,
  });
  const { scores, pValues } = fitted.scoreCells(steps(test));
  const mine = auroc(scores, label);
  const theirs = auroc(pcaScores(steps(training), steps(test), window), label);
  assert.ok(mine > 0.95 && mine > theirs - 0.01, `AUROC ${mine}, PCA ${theirs}`);
  assert.ok(fitted.isAnomaly(pValues[160]) && !fitted.isAnomaly(pValues[60]));
  const loaded = await TableScorer.load(fitted.save());
  const verdicts = await loaded.score(test);
  assert.deepEqual(verdicts.map(({ score }) => score), [...scores]);
  for (const { score, contributions } of verdicts) {
    const sum = Object.values(contributions).reduce((a, b) => a + b, 0);
    assertRelative(sum, score, 1e-9, 1e-9, "contributions");
  }
  loaded.dispose();
  fitted.dispose();
});

Deno.test("varianceAboutMeans() is the variance of windows around their own means", () => {
  const window = 6, columns = 3, steps = mixedRows(80, columns);
  const cells = { data: Float64Array.from(steps.data), rows: 80 };
  const { data, rows } = windowsOf(cells, columns, window, 0, 75), width = window * columns;
  const { covariance, mean } = runSync(
    momentSteps({ data: Float32Array.from(data), shape: [rows, width] }),
  );
  let sum = 0;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const cells = Array.from({ length: window }, (_, t) => {
        const d = t * columns + c;
        return data[r * width + d] - mean[d];
      });
      const level = cells.reduce((a, b) => a + b, 0) / window;
      sum += cells.reduce((a, b) => a + (b - level) ** 2, 0) / rows;
    }
  }
  assertRelative(varianceAboutMeans(covariance, width, window), sum, 1e-6, 0, "variance");
});

Deno.test("a series whose level has changed once keeps the components of its behaviour at either level", async () => {
  const latentOf = async (level: number) => {
    const training = sensors(900, 4).map((row, t) => row.map((x) => x + (t < 450 ? 0 : level)));
    const fitted = await Detector.fit(training, { window: 20 });
    const test = sensors(400, 5, [200, 220]);
    const label = Uint8Array.from(test, (_, t) => Number(t >= 200 && t < 220));
    const scores = Float64Array.from(await fitted.score(test), ({ score }) => score);
    const latent = fitted.vae.parameters().get("encoder.logVar.bias")!.data.length;
    fitted.dispose();
    return { latent, found: auroc(scores, label) };
  };
  const still = await latentOf(0), moved = await latentOf(100);
  assert.ok(moved.latent > still.latent, `${moved.latent} components, ${still.latent} without`);
  assert.ok(moved.found > 0.95, `AUROC ${moved.found}, ${still.found} if it has not moved`);
});

Deno.test("steps with missing cells or a switched-off sensor do not count, and hide no fault in another sensor", async () => {
  const fitted = await Detector.fit(sensors(2000, 6), { window: 20 });
  const off = (columns: number[], from = 100, to = 160) => (row: number[], t: number) =>
    t >= from && t < to ? row.map((x, c) => columns.includes(c) ? NaN : x) : row;
  const plain = sensors(400, 7), faulty = sensors(400, 7, [120, 140]);
  for (const columns of [[0, 1, 2, 3], [0], [1, 2]]) {
    const verdicts = await fitted.score(plain.map(off(columns)));
    const flagged = verdicts.filter(({ anomaly }) => anomaly).length;
    const usual = (await fitted.score(plain)).filter(({ anomaly }) => anomaly).length;
    assert.ok(
      flagged <= usual,
      `${flagged} flagged without columns ${columns}, ${usual} with them`,
    );
    const stream = fitted.stream();
    const online = plain.map(off(columns)).map((row) => stream.push(row)?.anomaly ?? false);
    assert.ok(online.slice(100, 180).filter(Boolean).length <= 8, `online, without ${columns}`);
  }
  const verdicts = await fitted.score(faulty.map(off([2])));
  assert.ok(verdicts.slice(122, 138).every(({ anomaly }) => anomaly));
  fitted.dispose();
});

Deno.test("series that hardly vary, lack cells or are as short as allowed give finite scores", async () => {
  const flat = Array.from({ length: 100 }, (_, t) => [t === 70 ? 1 : 0, t % 7 === 3 ? NaN : 2]);
  const short = sensors(48, 3);
  for (const [rows, window] of [[flat, 5], [short, 12]] as const) {
    const fitted = await Detector.fit(rows, { window });
    const verdicts = await fitted.score(rows);
    assert.ok(verdicts.every(({ score, pValue }) => Number.isFinite(score) && pValue > 0));
    fitted.dispose();
  }
});

/** A closely predicted sensor beside four that wander by themselves; every 200 steps it is off by `fault` for 12. */
function quietBesideLoud(steps: number, seed: number, fault = 0) {
  const random = new HostRandom(seed, 0, 79), label = new Uint8Array(steps);
  const rows = Array.from({ length: steps }, (_, t) => {
    label[t] = Number(t >= 200 && t % 200 < 12);
    const quiet = Math.sin(2 * Math.PI * t / 40) + 0.05 * normal(random) + fault * label[t];
    return [20 + quiet, ...Array.from({ length: 4 }, () => 3 * normal(random))];
  });
  return { rows, label };
}

Deno.test("loud sensors do not hide a fault in a quiet one, which is blamed", async () => {
  const fitted = await Detector.fit(quietBesideLoud(3000, 1).rows, { window: 20 });
  const { rows, label } = quietBesideLoud(2000, 2, 0.4);
  const explained = await fitted.explain(rows);
  const found = auroc(Float64Array.from(explained, ({ score }) => score), label);
  const faulty = explained.filter((_, t) => label[t] === 1);
  const first = faulty.filter(({ blamed }) => blamed[0]?.column === "x0").length;
  assert.ok(found > 0.9, `AUROC ${found}`);
  assert.ok(first >= 0.9 * faulty.length, `first in ${first} of ${faulty.length}`);
  fitted.dispose();
});

Deno.test("recalibrate() of a series takes new steps for normal: they are no longer flagged, and faults are", async () => {
  const fitted = await Detector.fit(sensors(2000, 6), { window: 20 });
  const random = new HostRandom(3, 0, 80);
  // Twice as noisy as in training.
  const noisy = (steps: number, seed: number) =>
    sensors(steps, seed).map((row) => row.map((x) => x + 0.26 * normal(random)));
  const share = (verdicts: readonly { anomaly: boolean }[]) =>
    verdicts.filter(({ anomaly }) => anomaly).length / verdicts.length;
  const later = noisy(4000, 8), before = share(await fitted.score(later));
  const steps = noisy(3000, 7), recalibration = fitted.recalibrate(steps);
  assert.ok(before > 0.5 && recalibration.flaggedBefore > 0.5 * 3000, `${before} before`);
  assert.deepEqual([recalibration.scored, recalibration.chance], [3000, undefined]);
  const loaded = await Detector.load(fitted.save());
  const after = share(await loaded.score(later));
  assert.ok(after < 0.03, `${after} after`);
  const stream = loaded.stream();
  assert.ok(share(later.flatMap((row) => stream.push(row) ?? [])) < 0.03);
  const isWrong = (t: number) => t >= 200 && t < 220;
  const faulty = await loaded.score(
    noisy(400, 9).map((row, t) => isWrong(t) ? row.with(3, row[3] + 3) : row),
  );
  assert.ok(share(faulty.slice(203, 217)) > 0.9);
  assert.throws(() => loaded.recalibrate(steps.slice(0, 79)), /needs at least 80 rows, 4 windows/);
  const empty = steps.slice(0, 80).map((row) => row.map(() => NaN));
  assert.throws(() => loaded.recalibrate(empty), /needs at least 80 rows, 4 windows, got 0/);
  loaded.recalibrate(steps.slice(0, 200));
  assert.match(loaded.warnings.join(), /only 10 windows that do not overlap/);
  loaded.recalibrate(steps);
  assert.ok(!/do not overlap/.test(loaded.warnings.join()));
  fitted.dispose();
  loaded.dispose();
});

Deno.test("preset linear is for series, and refuses the options of networks", async () => {
  const rows = sensors(60, 1);
  await assert.rejects(Detector.fit(rows, { preset: "linear" }), /needs a window/);
  await assert.rejects(
    Detector.fit(rows, { preset: "linear", window: 5, epochs: 2 }),
    /"linear" takes no epochs/,
  );
  await assert.rejects(Detector.fit(rows, { window: 5, latent: 40 }), /latent/);
  const wide = Array.from({ length: 90 }, () => new Array(250).fill(0).map((_, c) => c));
  await assert.rejects(Detector.fit(wide, { window: 20 }), /at most 4096 cells/);
});
