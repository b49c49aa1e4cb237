/**
 * KL(N(μ, eˡ) ‖ N(0, 1)): the closed form in the code against the general formula (derivations A.6), against Monte
 * Carlo of E_q[ln q - ln p], and never negative near its zero, where a formula that loses digits would be.
 */
import assert from "node:assert/strict";
import type { ModelSpecInput } from "../../src/models/spec.ts";
import { assertRelative } from "../util/close.ts";
import { EXECUTORS } from "../util/executors.ts";
import { estimate, STANDARD_ERRORS } from "../util/statistics.ts";
import { column, drawTerms, type Parameters, runGraph } from "../util/probe.ts";

/** Derivations A.6 for one dimension: KL(N(m1, v1) ‖ N(m2, v2)). */
function generalKl(m1: number, v1: number, m2: number, v2: number): number {
  return 0.5 * (Math.log(v2 / v1) - 1 + v1 / v2 + (m2 - m1) ** 2 / v2);
}

/** A model whose rows are the posteriors themselves: x = [μ, l] gives q = N(μ, eˡ). */
const LATENT = 3;
const SPEC: ModelSpecInput = {
  inputs: 2 * LATENT,
  latent: [{ size: LATENT }],
  likelihood: { type: "gaussian", variance: 1 },
};

function selection(first: number): Float64Array {
  const weight = new Float64Array(2 * LATENT * LATENT);
  for (let l = 0; l < LATENT; l++) weight[(first + l) * LATENT + l] = 1;
  return weight;
}

const PARAMETERS: Parameters = {
  "encoder.mean.weight": selection(0),
  "encoder.logVar.weight": selection(LATENT),
};

/** Rows [μ, l], exact in float32. */
const POSTERIORS = [
  [0, 0, 0, 0, 0, 0],
  [1.5, -2, 0.25, -1, 0.5, 2],
  [-3, 0.125, 2, -4, -2.5, 1],
  [0.5, 0.5, 0.5, -8, 1.5, -0.25],
];

for (const executor of EXECUTORS) {
  Deno.test(`KL equals the general Gaussian formula on ${executor.label}`, () => {
    const means = [0, 0.001, -0.5, 2, -10, 100];
    const logVars = [0, 1e-3, -0.75, 3, -12, 20, -30];
    const pairs = means.flatMap((mean) => logVars.map((logVar) => [mean, logVar].map(Math.fround)));
    const { kl } = runGraph(
      executor,
      pairs.length,
      (g) => ({ kl: g.gaussianKl(column(g, "mean"), column(g, "logVar")) }),
      { mean: pairs.map(([mean]) => mean), logVar: pairs.map(([, logVar]) => logVar) },
    );
    pairs.forEach(([mean, logVar], i) => {
      // Four ULP of the exponential and four roundings, relative to the terms of the sum; the formula here loses as
      // much, in float64.
      const terms = mean ** 2 + Math.exp(logVar) + Math.abs(logVar) + 1;
      const tolerance = 8 * (executor.unitRoundoff + 2 ** -53) * terms;
      assertRelative(kl[i], generalKl(mean, Math.exp(logVar), 0, 1), 0, tolerance, `${i}`);
    });
  });

  Deno.test(`KL is never negative near zero on ${executor.label}`, () => {
    const logVars = Array.from({ length: 2001 }, (_, i) => {
      const size = 2 ** (-30 + 30 * Math.floor(i / 2) / 1000);
      return i % 2 ? size : -size;
    });
    const { kl } = runGraph(
      executor,
      logVars.length,
      (g) => ({ kl: g.gaussianKl(g.constant(0), column(g, "logVar")) }),
      { logVar: logVars },
    );
    kl.forEach((value, i) => assert.ok(value >= 0, `KL at l = ${logVars[i]} is ${value}`));
  });

  Deno.test(`KL equals Monte Carlo of E_q[ln q - ln p] on ${executor.label}`, () => {
    const samples = 20_000;
    const terms = drawTerms(executor, SPEC, PARAMETERS, POSTERIORS.flat(), { samples });
    POSTERIORS.forEach((posterior, r) => {
      // ln p(x | z) - ln w = ln q(z | x) - ln p(z).
      const draws = Array.from(
        terms.logWeights.subarray(r * samples, (r + 1) * samples),
        (logWeight, k) => terms.logLikelihoods[r * samples + k] - logWeight,
      );
      const kl = terms.kl.subarray(r * LATENT, (r + 1) * LATENT).reduce((a, b) => a + b);
      const { mean, standardError } = estimate(draws);
      assertRelative(mean, kl, 1e-6, STANDARD_ERRORS * standardError, `row ${r}`);
      const exact = posterior.slice(0, LATENT)
        .map((m, l) => generalKl(m, Math.exp(posterior[LATENT + l]), 0, 1))
        .reduce((a, b) => a + b);
      assertRelative(kl, exact, 16 * (executor.unitRoundoff + 2 ** -53), 0, `row ${r}`);
    });
  });
}
