/**
 * `sample` draws from the density: counts in bins against the probabilities of the bins, integrated from the density by
 * Simpson's rule or summed. χ² within five standard deviations.
 */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import type { LikelihoodInput } from "../../src/distributions/likelihoods/options.ts";
import { deviceOf, EXECUTORS, REFERENCE } from "../util/executors.ts";
import { evaluateLikelihood, type Parameters } from "./probe.ts";

const COUNT = 20_000;

interface Drawn {
  readonly likelihood: LikelihoodInput;
  readonly parameters: Parameters;
  /** Edges of the bins, or the values of discrete data. */
  readonly bins: readonly number[];
  readonly discrete?: true;
}

const REAL = [-9, -6, -4, -3, -2, -1, 0, 0.5, 1, 2, 3, 5, 8];

const CASES: readonly Drawn[] = [
  {
    likelihood: { type: "gaussian", variance: "shared" },
    parameters: { "decoder.mean.bias": [1, -1], "likelihood.logVar": [1.2] },
    bins: REAL,
  },
  {
    likelihood: { type: "laplace" },
    parameters: { "decoder.mean.bias": [1, -1], "likelihood.logScale": [0.5, 1] },
    bins: REAL,
  },
  {
    likelihood: { type: "studentT" },
    parameters: {
      "decoder.mean.bias": [1, -1],
      "likelihood.logScale": [0, 1],
      "likelihood.logDegrees": [0, 1.5],
    },
    bins: REAL,
  },
  {
    likelihood: { type: "contaminatedGaussian", share: "shared", breadth: 4 },
    parameters: {
      "decoder.mean.bias": [1, -1],
      "likelihood.logVar": [-1, 0.5],
      "likelihood.logShare": [Math.log(0.3)],
    },
    bins: REAL,
  },
  {
    likelihood: { type: "logNormal" },
    parameters: { "decoder.mean.bias": [0, 1], "likelihood.logVar": [0, -1] },
    bins: [0.2, 0.5, 0.8, 1, 1.5, 2, 3, 4, 6, 9],
  },
  {
    likelihood: { type: "continuousBernoulli" },
    parameters: { "decoder.logits.bias": [-3, 0, 1e-4, 12] },
    bins: [0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95, 1],
  },
  {
    likelihood: { type: "bernoulli" },
    parameters: { "decoder.logits.bias": [-2, 0.3] },
    bins: [0, 1],
    discrete: true,
  },
  {
    likelihood: { type: "poisson" },
    parameters: { "decoder.logRate.bias": [0.5, 2.6] },
    bins: Array.from({ length: 25 }, (_, n) => n),
    discrete: true,
  },
  {
    likelihood: { type: "negativeBinomial" },
    parameters: { "decoder.logMean.bias": [0.5, 2], "likelihood.logDispersion": [-0.5, 1.5] },
    bins: Array.from({ length: 20 }, (_, n) => n),
    discrete: true,
  },
];

for (const executor of EXECUTORS) {
  for (const each of CASES) {
    Deno.test(`draws of ${each.likelihood.type} follow its density, on ${executor.label}`, async () => {
      const columns = Math.max(...Object.values(each.parameters).map(({ length }) => length));
      const vae = constantModel(each.likelihood, each.parameters, columns, deviceOf(executor));
      const { data } = await vae.sample(COUNT, { seed: 5 });
      vae.dispose();
      const bins = probabilities(each, columns);
      for (let c = 0; c < columns; c++) {
        let chiSquare = 0, used = 0;
        for (const { holds, mass } of bins[c]) {
          if (COUNT * mass < 5) continue;
          const found = data.filter((value, i) => i % columns === c && holds(value)).length;
          chiSquare += (found - COUNT * mass) ** 2 / (COUNT * mass);
          used++;
        }
        assert.ok(used > 1, "bins with draws in them");
        const limit = used + 5 * Math.sqrt(2 * used);
        assert.ok(chiSquare < limit, `column ${c}: χ² = ${chiSquare} over ${used} bins`);
      }
    });
  }

  Deno.test(`draws of a categorical variable are one-hot, with the stated frequencies, on ${executor.label}`, async () => {
    const likelihood = { type: "categorical", classes: 3 } as const;
    const parameters = { "decoder.logits.bias": [0, 1, -1, 2, 2, -3] };
    const vae = constantModel(likelihood, parameters, 6, deviceOf(executor));
    const { data } = await vae.sample(COUNT, { seed: 1 });
    const { data: mean } = await vae.sample(1, { mean: true });
    await vae.score({ data, shape: [COUNT, 6] }); // refuses rows that are not one-hot
    for (let c = 0; c < 6; c++) {
      const share = data.filter((value, i) => i % 6 === c && value === 1).length / COUNT;
      const error = Math.sqrt(mean[c] * (1 - mean[c]) / COUNT);
      assert.ok(Math.abs(share - mean[c]) < 4.5 * error, `class ${c}: ${share} for ${mean[c]}`);
    }
    vae.dispose();
  });
}

/** A model with one latent dimension, which its decoder ignores. */
function constantModel(
  likelihood: LikelihoodInput,
  parameters: Parameters,
  inputs: number,
  device: ReturnType<typeof deviceOf>,
): VAE {
  const vae = VAE.create({ inputs, latent: [{ size: 1 }], likelihood }, device);
  const weights = [...vae.parameters()].filter(([name]) => /^decoder\..*weight$/.test(name));
  vae.setParameters(
    new Map<string, { data: ArrayLike<number> }>([
      ...weights.map(([name, { data }]) =>
        [name, { data: new Float32Array(data.length) }] as const
      ),
      ...Object.entries(parameters).map(([name, data]) => [name, { data }] as const),
    ]),
  );
  return vae;
}

interface Bin {
  readonly mass: number;
  readonly holds: (value: number) => boolean;
}

/** The bins of each column; for real values, only those between the edges. */
function probabilities(
  { likelihood, parameters, bins, discrete }: Drawn,
  columns: number,
): Bin[][] {
  const density = (values: readonly number[]) => {
    const rows = values.map((x) => new Array<number>(columns).fill(x));
    return evaluateLikelihood(REFERENCE, likelihood, parameters, rows).logProb.map(Math.exp);
  };
  if (discrete) {
    const masses = density(bins);
    return perColumn(
      columns,
      (c) => bins.map((value, i) => ({ mass: masses[i * columns + c], holds: (x) => x === value })),
    );
  }
  const PARTS = 64;
  const between = bins.slice(1).map((high, i) => {
    const low = bins[i], step = (high - low) / PARTS;
    const heights = density(Array.from({ length: PARTS + 1 }, (_, k) => low + k * step));
    const simpson = (k: number) => k === 0 || k === PARTS ? 1 : k % 2 ? 4 : 2;
    return perColumn(columns, (c) => {
      let mass = 0;
      for (let k = 0; k <= PARTS; k++) mass += simpson(k) * heights[k * columns + c] * step / 3;
      return { mass, holds: (x: number) => x >= low && x < high };
    });
  });
  return perColumn(columns, (c) => between.map((bin) => bin[c]));
}

function perColumn<Value>(columns: number, value: (c: number) => Value): Value[] {
  return Array.from({ length: columns }, (_, c) => value(c));
}
