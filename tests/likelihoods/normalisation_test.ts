/**
 * Every likelihood is a probability distribution with the mean that it states: densities by quadrature, counts by sums,
 * in float64 on the reference. Other tests compare the kernels with the reference.
 */
import assert from "node:assert/strict";
import type { LikelihoodInput } from "../../src/distributions/likelihoods/options.ts";
import { assertRelative } from "../util/close.ts";
import { EXECUTORS, REFERENCE } from "../util/executors.ts";
import { doubleExponential, type Nodes } from "../util/quadrature.ts";
import { evaluateLikelihood, type Parameters } from "./probe.ts";

interface Density {
  readonly likelihood: LikelihoodInput;
  readonly parameters: Parameters;
  readonly nodes: Nodes;
  /** The relative error of the quadrature. */
  readonly error: number;
  /** The columns whose distribution has a mean. */
  readonly hasMean?: (column: number) => boolean;
  /** The ratio of its mean to the stated one; 1 by default. */
  readonly ofMean?: number;
}

const REAL = doubleExponential("real"), UNIT = doubleExponential("unit");
const CENTRES = [-3, 0, 0.5, 20], LOGS = [-2, 0, 1.5, 3];

const DENSITIES: readonly Density[] = [
  {
    likelihood: { type: "gaussian" },
    parameters: { "decoder.mean.bias": CENTRES, "likelihood.logVar": LOGS },
    nodes: REAL,
    error: 1e-10,
  },
  {
    likelihood: { type: "studentT" },
    parameters: {
      "decoder.mean.bias": CENTRES,
      "likelihood.logScale": LOGS,
      "likelihood.logDegrees": [-0.5, 0.5, 1.6, 5],
    },
    // Tails of x^(-1.6) need nodes as far as 1e33; poles at a distance of 0.1 from the real line need many nodes.
    nodes: doubleExponential("real", { reach: 4.6, step: 1 / 512 }),
    error: 1e-9,
    hasMean: (c) => c > 1,
  },
  {
    likelihood: { type: "laplace" },
    parameters: { "decoder.mean.bias": CENTRES, "likelihood.logScale": LOGS },
    // The kink costs h² times the jump of the slope.
    nodes: doubleExponential("real", { step: 1 / 4096 }),
    error: 3e-6,
  },
  {
    likelihood: { type: "contaminatedGaussian", share: 0.2, breadth: 30 },
    parameters: { "decoder.mean.bias": CENTRES, "likelihood.logVar": LOGS },
    nodes: REAL,
    error: 1e-9,
    ofMean: 0.8,
  },
  {
    likelihood: { type: "logNormal" },
    parameters: { "decoder.mean.bias": [-2, 0, 0.5, 4], "likelihood.logVar": [-2, 0, 1, -1] },
    nodes: doubleExponential("positive"),
    error: 1e-9,
  },
  {
    likelihood: { type: "continuousBernoulli" },
    parameters: { "decoder.logits.bias": [-30, -5, -0.7, -1e-3, 0, 0.2, 0.26, 2, 80] },
    nodes: UNIT,
    error: 1e-11,
  },
];

for (
  const { likelihood, parameters, nodes, error, hasMean = () => true, ofMean = 1 } of DENSITIES
) {
  Deno.test(`the density of ${likelihood.type} integrates to 1, and x times it to its mean`, () => {
    const columns = Object.values(parameters)[0].length;
    const rows = nodes.x.map((x) => new Array<number>(columns).fill(x));
    const { logProb, mean } = evaluateLikelihood(REFERENCE, likelihood, parameters, rows);
    for (let c = 0; c < columns; c++) {
      let total = 0, first = 0;
      nodes.weights.forEach((weight, i) => {
        const mass = weight * Math.exp(logProb[i * columns + c]);
        total += mass;
        // 0 · ∞ where the probability underflows before x overflows.
        if (mass > 0) first += mass * nodes.x[i];
      });
      assertRelative(total, 1, error, 0, `${likelihood.type}, column ${c}`);
      if (hasMean(c)) {
        assertRelative(
          first,
          ofMean * mean[c],
          10 * error,
          10 * error,
          `mean of column ${c}`,
        );
      }
    }
  });
}

const COUNTS: readonly Omit<Density, "nodes" | "error">[] = [
  {
    likelihood: { type: "poisson" },
    parameters: { "decoder.logRate.bias": [-6, -1, 0, 1.5, 4] },
  },
  {
    likelihood: { type: "negativeBinomial" },
    parameters: {
      "decoder.logMean.bias": [-3, 0, 1, 2, 3],
      "likelihood.logDispersion": [-1, 0, 1, 2.1, 6],
    },
  },
];

for (const executor of EXECUTORS) {
  for (const { likelihood, parameters } of COUNTS) {
    Deno.test(`the counts of ${likelihood.type} sum to 1, on ${executor.label}`, () => {
      const columns = Object.values(parameters)[0].length, counts = 600;
      const rows = Array.from({ length: counts }, (_, n) => new Array<number>(columns).fill(n));
      const { logProb, mean } = evaluateLikelihood(executor, likelihood, parameters, rows);
      for (let c = 0; c < columns; c++) {
        let total = 0, first = 0;
        for (let n = 0; n < counts; n++) {
          const mass = Math.exp(logProb[n * columns + c]);
          total += mass;
          first += n * mass;
        }
        // Terms up to 600 in each logarithm, with 16 roundings each.
        const error = 1e-11 + 16 * 600 * executor.unitRoundoff;
        assertRelative(total, 1, error, 0, `column ${c}`);
        assertRelative(first, mean[c], 4 * error, 0, `mean of column ${c}`);
      }
    });
  }

  Deno.test(`the classes of a categorical variable sum to 1, on ${executor.label}`, () => {
    const likelihood = { type: "categorical", classes: 3 } as const;
    const parameters = { "decoder.logits.bias": [0.5, -2, 30, 1, 1, 1] };
    const rows = [0, 1, 2].flatMap((a) => [0, 1, 2].map((b) => [...unit(a), ...unit(b)]));
    const { logProb, mean } = evaluateLikelihood(executor, likelihood, parameters, rows);
    const joint = rows.map((_, r) => logProb.subarray(6 * r, 6 * r + 6).reduce((a, b) => a + b));
    const total = joint.reduce((sum, each) => sum + Math.exp(each), 0);
    assertRelative(total, 1, 1e-12 + 64 * executor.unitRoundoff);
    const expected = mean.map((_, c) =>
      rows.reduce((sum, row, r) => sum + row[c] * Math.exp(joint[r]), 0)
    );
    assertRelative(mean, expected, 64 * executor.unitRoundoff, 1e-12);
  });

  Deno.test(`zero and one share the probability of a Bernoulli, on ${executor.label}`, () => {
    const parameters = { "decoder.logits.bias": [-90, -3, 0, 0.1, 20, 90] };
    const rows = [0, 1].map((x) => new Array<number>(6).fill(x));
    const { logProb, mean } = evaluateLikelihood(
      executor,
      { type: "bernoulli" },
      parameters,
      rows,
    );
    const error = 1e-14 + 16 * executor.unitRoundoff;
    for (let c = 0; c < 6; c++) {
      assertRelative(Math.exp(logProb[c]) + Math.exp(logProb[6 + c]), 1, error);
      assert.ok(Math.abs(mean[c] - Math.exp(logProb[6 + c])) <= error);
    }
  });
}

function unit(place: number): number[] {
  return [0, 1, 2].map((c) => Number(c === place));
}
