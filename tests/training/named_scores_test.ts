/**
 * Named scores of a linear Gaussian VAE, each against its formula written out in float64 over the model's parameters,
 * without code of the library; regret against KL(q ‖ p(z | x)), which has a closed form for a widened q.
 */
import assert from "node:assert/strict";
import { combineRanks, type ScoreName } from "../../mod.ts";
import { SCORE_NAMES } from "../../src/training/scores/mod.ts";
import { assertRelative } from "../util/close.ts";
import { normals } from "../util/data.ts";
import { EXECUTORS } from "../util/executors.ts";
import { affineRow, gaussianLogDensity, marginalCovariance } from "../util/linear_gaussian.ts";
import { COLUMNS, linearModel, parametersWith, VARIANCE, WEIGHT } from "../util/linear_model.ts";

const PARAMETERS = parametersWith(1);
const CENTRE = PARAMETERS["decoder.mean.bias"];
const rowsOf = (count: number, seed: number) => {
  const draws = normals(count * COLUMNS, seed);
  return Array.from(
    { length: count },
    (_, r) =>
      Array.from(
        { length: COLUMNS },
        (_, c) => Math.fround(CENTRE[c] + 1.3 * draws[r * COLUMNS + c]),
      ),
  );
};
const ROWS = rowsOf(9, 1), REFERENCE = rowsOf(40, 2);

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const mean = (x: readonly number[]) =>
  affineRow(x, PARAMETERS["encoder.mean.weight"], PARAMETERS["encoder.mean.bias"]);
const residuals = (x: readonly number[]) => {
  const made = affineRow(mean(x), WEIGHT, CENTRE);
  return x.map((value, d) => value - made[d]);
};
const costs = (x: readonly number[]) =>
  residuals(x).map((r) => 0.5 * (Math.log(2 * Math.PI * VARIANCE) + r * r / VARIANCE));
const kl = (x: readonly number[]) =>
  sum(
    mean(x).map((m, l) => {
      const logVar = PARAMETERS["encoder.logVar.bias"][l];
      return 0.5 * (Math.exp(logVar) + m * m - 1 - logVar);
    }),
  );
const elbo = (x: readonly number[]) => sum(costs(x)) + kl(x);
const COVARIANCE = marginalCovariance(WEIGHT, COLUMNS, VARIANCE);
const logLikelihood = (x: readonly number[]) => -gaussianLogDensity(x, CENTRE, COVARIANCE);

/** (m - μ)ᵀ (Σ + 0.01 I)⁻¹ (m - μ), the 2 × 2 inverse written out. */
function mahalanobis(x: readonly number[]): number {
  const known = REFERENCE.map(mean), n = known.length;
  const centre = [0, 1].map((l) => sum(known.map((m) => m[l])) / n);
  const moment = (a: number, b: number) =>
    sum(known.map((m) => (m[a] - centre[a]) * (m[b] - centre[b]))) / n + (a === b ? 0.01 : 0);
  const [p, q, s] = [moment(0, 0), moment(0, 1), moment(1, 1)];
  const [u, v] = mean(x).map((m, l) => m - centre[l]);
  return (s * u * u - 2 * q * u * v + p * v * v) / (p * s - q * q);
}

const typicality = (x: readonly number[]) =>
  Math.abs(elbo(x) - sum(REFERENCE.map(elbo)) / REFERENCE.length);

/** A plain mean of kernels. */
function dose(x: readonly number[], of: readonly ((x: readonly number[]) => number)[]): number {
  return sum(of.map((statistic) => {
    const known = REFERENCE.map(statistic), n = known.length, centre = sum(known) / n;
    const width = Math.sqrt(sum(known.map((t) => (t - centre) ** 2)) / n) * n ** -0.2;
    const kernel = (t: number) =>
      Math.exp(-0.5 * ((statistic(x) - t) / width) ** 2) / (width * Math.sqrt(2 * Math.PI));
    return -Math.log(sum(known.map(kernel)) / n);
  }));
}

/** Float32 of short sums. */
const EXACT = [2e-6, 2e-5] as const;
/** -ln p(x) from 1,500 draws of a q with e times the variance: some 3 % of a nat. */
const SAMPLED = [0, 0.1] as const;

const REGRET_SAMPLES = 6000;

const CASES: {
  readonly [N in ScoreName]: {
    readonly of: (x: readonly number[]) => number;
    readonly within: readonly [relative: number, absolute: number];
  };
} = {
  elbo: { of: elbo, within: EXACT },
  reconstruction: { of: (x) => sum(costs(x)), within: EXACT },
  squaredError: { of: (x) => sum(residuals(x).map((r) => r * r)), within: EXACT },
  kl: { of: kl, within: EXACT },
  logLikelihood: { of: logLikelihood, within: SAMPLED },
  worstColumns: { of: (x) => sum(costs(x).sort((a, b) => b - a).slice(0, 2)), within: EXACT },
  mahalanobis: { of: mahalanobis, within: [1e-5, 1e-5] },
  typicality: { of: typicality, within: [2e-6, 4e-5] },
  // ELBO* is ln p(x) here, and the gap is that of two dimensions with e times the variance. The amortised bound is a
  // mean of ln w over draws, whose standard deviation is ½ (e - 1) times that of χ² with two degrees of freedom, 2;
  // five standard errors.
  regret: {
    of: () => 2 * 0.5 * (Math.E - 2),
    within: [0, 5 * (Math.E - 1) / Math.sqrt(REGRET_SAMPLES)],
  },
  dose: {
    of: (x) => dose(x, [(each) => sum(costs(each)), kl, logLikelihood]),
    within: [0.02, 0.15],
  },
};

for (const executor of EXECUTORS) {
  const model = linearModel(PARAMETERS, executor);
  for (const method of SCORE_NAMES) {
    Deno.test(`score by ${method} is its formula, on ${executor.label}`, async () => {
      const samples = method === "regret" ? REGRET_SAMPLES : 1500;
      const options = { method, reference: REFERENCE, samples, columns: 2, seed: 3 };
      const scores = await model.score(ROWS, options);
      const { of, within: [relative, absolute] } = CASES[method];
      assertRelative(scores, ROWS.map(of), relative, absolute, method);
      assert.deepEqual(await model.score(ROWS, options), scores, "the same twice");
    });
  }
}

const MODEL = linearModel(PARAMETERS, EXECUTORS[1]);

Deno.test("every score ranks anomalous rows higher", async () => {
  const far = ROWS.map((row) => row.with(1, row[1] + 12));
  for (const method of SCORE_NAMES.filter((name) => name !== "regret")) {
    const options = { method, reference: REFERENCE, columns: 2 };
    const [usual, strange] = [await MODEL.score(ROWS, options), await MODEL.score(far, options)];
    strange.forEach((score, r) => assert.ok(score > usual[r], `${method}, row ${r}`));
  }
});

Deno.test("a row's score does not depend on its place and on the rows beside it", async () => {
  const [a, b, c] = ROWS, table = [a, b, a, c, b, a];
  for (const method of SCORE_NAMES) {
    const options = { method, reference: REFERENCE, columns: 2, samples: 70, steps: 20, seed: 5 };
    const scores = await MODEL.score(table, options);
    const [alone] = await MODEL.score([b], options);
    assert.deepEqual([...scores], table.map((row) => scores[table.indexOf(row)]), method);
    assert.equal(scores[1], alone, method);
  }
  // Rows that are measured for the mean use independent draws.
  const { logLikelihood } = await MODEL.evaluate([a, a, a], { samples: 3 });
  assert.ok(new Set(logLikelihood).size === 3);
});

Deno.test("score refuses an unknown name, invalid numbers and a missing reference", async () => {
  const method = "likelihood" as ScoreName;
  await assert.rejects(MODEL.score(ROWS, { method, seed: 1 }), /Cannot read method: /);
  await assert.rejects(MODEL.score(ROWS, { method: "dose", samples: 0 }), /Cannot read samples: /);
  for (const name of ["mahalanobis", "typicality", "dose"] as const) {
    await assert.rejects(MODEL.score(ROWS, { method: name }), /reference must be at least 2/);
  }
});

Deno.test("score of rows with missing cells counts the observed cells", async () => {
  const { VAE } = await import("../../mod.ts");
  const vae = VAE.create({ inputs: 3, latent: [{ size: 1 }], missing: "mask" }, { seed: 1 });
  const [whole] = await vae.score([[1, 2, 3]], { method: "squaredError", seed: 0 });
  const [holed] = await vae.score([[1, NaN, 3]], { method: "squaredError", seed: 0 });
  const made = await vae.reconstruct([[1, NaN, 3]]);
  const own = (1 - made.data[0]) ** 2 + (3 - made.data[2]) ** 2;
  assertRelative([holed], [own], 1e-6);
  assert.ok(whole > 0);
});

Deno.test("combineRanks() is the mean rank; tied rows share theirs", () => {
  const combined = combineRanks([Float64Array.of(5, 1, 1, 9), Float64Array.of(0.1, 0.2, 0.3, 0.4)]);
  // Ranks less a half: 2.5, 1, 1, 3.5 and 0.5, 1.5, 2.5, 3.5, of 4.
  assertRelative(combined, [3 / 8, 2.5 / 8, 3.5 / 8, 7 / 8], 1e-12);
  assert.throws(() => combineRanks([]), /expected scores of the same rows/);
  assert.throws(() => combineRanks([new Float64Array(2), new Float64Array(3)]), /the same rows/);
  assert.throws(() => combineRanks([Float64Array.of(1, NaN)]), /row 2 has no score/);
});
