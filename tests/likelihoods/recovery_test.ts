/**
 * Rows drawn from a model whose decoder ignores z, learned by a new model: what it finds is compared with the maximum
 * of the likelihood in closed form on these rows (means, mean distances, frequencies), or, if there is none, with the
 * true parameters.
 */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import type { LikelihoodInput } from "../../src/distributions/likelihoods/options.ts";
import { assertRelative } from "../util/close.ts";
import type { Parameters } from "./probe.ts";
import { mean } from "../util/statistics.ts";

const ROWS = 3000;

interface Recovery {
  readonly likelihood: LikelihoodInput;
  readonly truth: Parameters;
  /** For one column of rows: the expected parameters of the column, each with its tolerance. */
  readonly expected: (
    values: Float64Array,
    c: number,
  ) => Readonly<Record<string, [number, number]>>;
}

const median = (values: Float64Array) => values.slice().sort()[values.length >> 1];

/** Mean and log-variance, in closed form. */
function gaussianParts(values: Float64Array): { centre: number; logVar: number } {
  const centre = mean(values);
  return { centre, logVar: Math.log(mean(values.map((x) => (x - centre) ** 2))) };
}

const RECOVERIES: readonly Recovery[] = [
  {
    likelihood: { type: "gaussian" },
    truth: { "decoder.mean.bias": [2, -1], "likelihood.logVar": [1, -1] },
    expected(values) {
      const { centre, logVar } = gaussianParts(values);
      return { "decoder.mean.bias": [centre, 0.03], "likelihood.logVar": [logVar, 0.03] };
    },
  },
  {
    likelihood: { type: "logNormal" },
    truth: { "decoder.mean.bias": [1, 0], "likelihood.logVar": [-1, 0] },
    expected(values) {
      const { centre, logVar } = gaussianParts(values.map(Math.log));
      return { "decoder.mean.bias": [centre, 0.03], "likelihood.logVar": [logVar, 0.03] };
    },
  },
  {
    likelihood: { type: "laplace" },
    truth: { "decoder.mean.bias": [2, -1], "likelihood.logScale": [0.5, -0.5] },
    expected(values) {
      const centre = median(values);
      const distance = mean(values.map((x) => Math.abs(x - centre)));
      return {
        "decoder.mean.bias": [centre, 0.03],
        "likelihood.logScale": [Math.log(distance), 0.03],
      };
    },
  },
  {
    likelihood: { type: "studentT" },
    truth: {
      "decoder.mean.bias": [1, 0],
      "likelihood.logScale": [0, -1],
      "likelihood.logDegrees": [1, 1.5],
    },
    // No closed form: about three standard errors of 3000 rows.
    expected: (_, c) => ({
      "decoder.mean.bias": [[1, 0][c], 0.1],
      "likelihood.logScale": [[0, -1][c], 0.12],
      "likelihood.logDegrees": [[1, 1.5][c], 0.35],
    }),
  },
  {
    likelihood: { type: "contaminatedGaussian", share: "perFeature" },
    truth: {
      "decoder.mean.bias": [2, -1],
      "likelihood.logVar": [1, -1],
      "likelihood.logShare": [-2, -1],
    },
    // About three standard errors of 3000 rows. The mean of all cells, (1 - π) μ, is three tolerances away.
    expected: (_, c) => ({
      "decoder.mean.bias": [[2, -1][c], 0.1],
      "likelihood.logVar": [[1, -1][c], 0.12],
      "likelihood.logShare": [[-2, -1][c], 0.2],
    }),
  },
  {
    likelihood: { type: "bernoulli" },
    truth: { "decoder.logits.bias": [-1.5, 0.5] },
    expected(values) {
      const p = mean(values);
      return { "decoder.logits.bias": [Math.log(p / (1 - p)), 0.03] };
    },
  },
  {
    likelihood: { type: "continuousBernoulli" },
    truth: { "decoder.logits.bias": [-3, 1] },
    expected: (values) => ({ "decoder.logits.bias": [logitOfMean(mean(values)), 0.03] }),
  },
  {
    likelihood: { type: "poisson" },
    truth: { "decoder.logRate.bias": [0.5, 2] },
    expected: (values) => ({ "decoder.logRate.bias": [Math.log(mean(values)), 0.03] }),
  },
  {
    likelihood: { type: "negativeBinomial" },
    truth: { "decoder.logMean.bias": [1, 2], "likelihood.logDispersion": [0.7, 1.2] },
    expected: (values, c) => ({
      "decoder.logMean.bias": [Math.log(mean(values)), 0.03],
      "likelihood.logDispersion": [[0.7, 1.2][c], 0.3],
    }),
  },
];

for (const { likelihood, truth, expected } of RECOVERIES) {
  Deno.test(`${likelihood.type} finds the parameters that its rows were drawn with`, async () => {
    const found = await fitTo(likelihood, truth, 2);
    for (let c = 0; c < 2; c++) {
      const wanted = expected(found.column(c), c);
      for (const [name, [value, tolerance]] of Object.entries(wanted)) {
        assertRelative(found.parameter(name)[c], value, 0, tolerance, `${name} of column ${c}`);
      }
    }
    found.dispose();
  });
}

Deno.test("categorical finds the frequencies of its classes", async () => {
  const truth = { "decoder.logits.bias": [0, 1, -1] };
  const found = await fitTo({ type: "categorical" }, truth, 3);
  const frequencies = [0, 1, 2].map((c) => mean(found.column(c)));
  const logits = found.parameter("decoder.logits.bias");
  for (const c of [1, 2]) {
    const odds = Math.log(frequencies[c] / frequencies[0]);
    assertRelative(logits[c] - logits[0], odds, 0, 0.05, `class ${c}`);
  }
  found.dispose();
});

async function fitTo(likelihood: LikelihoodInput, truth: Parameters, inputs: number) {
  const spec = { inputs, latent: [{ size: 1 }], likelihood };
  const source = VAE.create(spec);
  const weights = [...source.parameters()].filter(([name]) => /^decoder.*weight$/.test(name));
  source.setParameters(
    new Map<string, { data: ArrayLike<number> }>([
      ...weights.map(([name, { data }]) => [name, { data: data.fill(0) }] as const),
      ...Object.entries(truth).map(([name, data]) => [name, { data }] as const),
    ]),
  );
  const rows = await source.sample(ROWS, { seed: 11 });
  source.dispose();
  const vae = VAE.create(spec, { seed: 3 });
  const report = await vae.fit(rows, {
    epochs: 60,
    batchSize: 100,
    // A high weight of the KL keeps the latent variable out.
    objective: { beta: 20 },
    optimizer: { type: "adam", learningRate: 0.03, decay: "cosine", clipNorm: 20 },
  });
  assert.equal(report.skippedSteps, 0);
  return {
    column: (c: number) => Float64Array.from({ length: ROWS }, (_, r) => rows.data[r * inputs + c]),
    parameter: (name: string) => vae.parameters().get(name)!.data,
    dispose: () => vae.dispose(),
  };
}

/** The logit of a continuous Bernoulli with this mean: σ(l) - (1/l - 1/sinh l), by bisection. */
function logitOfMean(wanted: number): number {
  let low = -50, high = 50;
  for (let i = 0; i < 100; i++) {
    const l = (low + high) / 2;
    const found = Math.abs(l) < 1e-6 ? 0.5 : 1 / (1 - Math.exp(-l)) - 1 / l;
    if (found < wanted) low = l;
    else high = l;
  }
  return (low + high) / 2;
}
