/**
 * The three forms of the bound (derivations A.1) are equal, and lie below ln p(x) by KL(q ‖ p(z | x)). The example is
 * exercise 2 of the derivations on the ELBO, at x = 1: p(z) = N(0, 1), p(x | z) = N(z, 0.5), q(z | x) = N(x / 1.5,
 * 0.33). The posterior is N(x / 1.5, 1/3), so the gap comes from the rounded variance: 0.33 for 1/3.
 */
import assert from "node:assert/strict";
import type { ModelSpecInput } from "../../src/models/spec.ts";
import { VAE } from "../../src/training/vae.ts";
import { assertRelative } from "../util/close.ts";
import { deviceOf, EXECUTORS } from "../util/executors.ts";
import { estimate, STANDARD_ERRORS } from "../util/statistics.ts";
import { drawTerms } from "../util/probe.ts";

const SPEC: ModelSpecInput = {
  inputs: 1,
  latent: [{ size: 1 }],
  likelihood: { type: "gaussian", variance: 0.5 },
};
const PARAMETERS = {
  "encoder.mean.weight": [1 / 1.5],
  "encoder.logVar.bias": [Math.log(0.33)],
  "decoder.mean.weight": [1],
  "encoder.logVar.weight": [0],
};

/** ln N(x; mean, variance) */
function logNormal(x: number, mean: number, variance: number): number {
  return -0.5 * (Math.log(2 * Math.PI * variance) + (x - mean) ** 2 / variance);
}

/** The exercise by formula, at x = 1. */
function exercise() {
  const mean = 1 / 1.5, variance = 0.33, noise = 0.5;
  const reconstruction = -0.5 * Math.log(2 * Math.PI * noise) -
    ((1 - mean) ** 2 + variance) / (2 * noise);
  const kl = 0.5 * (mean ** 2 + variance - Math.log(variance) - 1);
  const evidence = logNormal(1, 0, 1.5);
  const ratio = variance / (1 / 3);
  const gap = 0.5 * (ratio - 1 - Math.log(ratio));
  return { reconstruction, kl, evidence, gap };
}

const ROWS = 256;

for (const executor of EXECUTORS) {
  const rounding = 32 * (executor.unitRoundoff + 2 ** -53);

  Deno.test(`exercise 2: the bound is below ln p(x) by the gap, on ${executor.label}`, async () => {
    const { reconstruction, kl, evidence, gap } = exercise();
    assertRelative(reconstruction - kl, evidence - gap, 1e-14, 0, "two forms by formula");
    assert.ok(gap > 0);

    const vae = VAE.create(SPEC, deviceOf(executor));
    // Biases that are not set are zero.
    vae.setParameters(
      new Map(Object.entries(PARAMETERS).map(([name, data]) => [name, { data }] as const)),
    );
    const result = await vae.evaluate(Array.from({ length: ROWS }, () => [1]), { samples: 512 });
    for (const value of result.kl) assertRelative(value, kl, rounding, 0, "KL");
    const sampled = estimate(result.elbo);
    const width = STANDARD_ERRORS * sampled.standardError;
    assertRelative(sampled.mean, reconstruction - kl, rounding, width, "ELBO");
    const tight = estimate(result.logLikelihood);
    const narrow = STANDARD_ERRORS * tight.standardError;
    assertRelative(tight.mean, evidence, rounding, narrow, "importance-sampled ln p(x)");
    vae.dispose();
  });

  Deno.test(`the three forms of the bound are equal, on ${executor.label}`, () => {
    const { evidence, gap } = exercise();
    const x = new Float64Array(ROWS).fill(1);
    const samples = 1024;
    const terms = drawTerms(executor, SPEC, PARAMETERS, x, { samples });
    const elbo = evidence - gap;

    // E_q[ln p(x, z) - ln q(z | x)], the form of Jensen's inequality. q is almost the posterior, so the weights hardly
    // vary: the standard error is smaller than the gap.
    const jensen = estimate(terms.logWeights);
    assert.ok(jensen.standardError < gap);
    const narrow = STANDARD_ERRORS * jensen.standardError;
    assertRelative(jensen.mean, elbo, 8 * executor.unitRoundoff, narrow, "E[ln w]");
    // E_q[ln p(x | z)] - KL(q ‖ p), the form that training uses.
    const likelihood = estimate(terms.logLikelihoods);
    const standard = likelihood.mean - terms.kl[0];
    const width = STANDARD_ERRORS * likelihood.standardError;
    assertRelative(standard, elbo, rounding, width, "E[ln p(x | z)] - KL");
    // ln E_q[w] - KL(q ‖ p(z | x)), the form of importance sampling.
    const weights = estimate(terms.logWeights.map(Math.exp));
    const relative = STANDARD_ERRORS * weights.standardError / weights.mean;
    assertRelative(Math.log(weights.mean) - gap, elbo, rounding, relative, "ln E[w] - gap");
  });
}
