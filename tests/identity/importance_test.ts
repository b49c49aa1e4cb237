/**
 * Importance-sampled ln p(x) on a linear Gaussian model, where p(x) = N(b, WᵀW + σ²I) is known: it
 * rises with the number of draws K from the ELBO towards the exact value, in expectation; and with
 * q = p(z | x) every single weight is p(x).
 */
import assert from "node:assert/strict";
import type { ModelSpecInput } from "../../src/models/spec.ts";
import { VAE } from "../../src/training/vae.ts";
import { assertRelative } from "../util/close.ts";
import { deviceOf, EXECUTORS } from "../util/executors.ts";
import {
  gaussianLogDensity,
  linearElbo,
  type LinearParameters,
  marginalCovariance,
} from "../util/linear_gaussian.ts";
import { estimate, STANDARD_ERRORS } from "../util/statistics.ts";
import { drawTerms } from "../util/probe.ts";

const COLUMNS = 4;
const VARIANCE = 0.25;
const SPEC: ModelSpecInput = {
  inputs: COLUMNS,
  latent: [{ size: 2 }],
  likelihood: { type: "gaussian", variance: VARIANCE },
};

/** Rows of W are orthogonal, so that the posterior is diagonal; |W_0|² = 1.75, |W_1|² = 0.75. */
const WEIGHT = [1, 0.5, -0.5, 0.5, 0.5, -0.25, 0.25, -0.5].map(Math.fround);
const SQUARES = [1.75, 0.625];
const CENTRE = [0.25, -1, 0.5, 2];
const X = [1.5, -0.25, 0.75, 1];

/** Widens the posterior, so that weights vary; 0 is p(z | x) itself. */
function parametersWith(extraLogVar: number): LinearParameters {
  const mean = Float64Array.from({ length: 2 * COLUMNS }, (_, i) => {
    const [d, l] = [Math.floor(i / 2), i % 2];
    return WEIGHT[l * COLUMNS + d] / (SQUARES[l] + VARIANCE);
  });
  const bias = [0, 1].map((l) => -CENTRE.reduce((sum, b, d) => sum + b * mean[d * 2 + l], 0));
  return {
    "encoder.mean.weight": mean,
    "encoder.mean.bias": bias,
    "encoder.logVar.weight": new Float64Array(2 * COLUMNS),
    "encoder.logVar.bias": SQUARES.map((s) => Math.log(VARIANCE / (s + VARIANCE)) + extraLogVar),
    "decoder.mean.weight": WEIGHT,
    "decoder.mean.bias": CENTRE,
  };
}

const EXACT = gaussianLogDensity(X, CENTRE, marginalCovariance(WEIGHT, COLUMNS, VARIANCE));

function model(parameters: LinearParameters, device: typeof EXECUTORS[number]): VAE {
  const vae = VAE.create(SPEC, deviceOf(device));
  vae.setParameters(
    new Map(Object.entries(parameters).map(([name, data]) => [name, { data }])),
  );
  return vae;
}

Deno.test("the rows of W are orthogonal, as the other tests assume", () => {
  const dot = (a: number, b: number) =>
    X.reduce((sum, _, d) => sum + WEIGHT[a * COLUMNS + d] * WEIGHT[b * COLUMNS + d], 0);
  assert.deepEqual([dot(0, 0), dot(1, 1), dot(0, 1)], [...SQUARES, 0]);
});

for (const executor of EXECUTORS) {
  Deno.test(`with q = p(z | x) every weight is p(x), on ${executor.label}`, () => {
    const parameters = parametersWith(0) as unknown as Record<string, ArrayLike<number>>;
    const terms = drawTerms(executor, SPEC, parameters, X, { samples: 500 });
    // Terms of up to 33 nats (half of the largest square over 0.25) cancel; a dozen roundings each.
    const tolerance = 12 * executor.unitRoundoff * 33;
    for (const logWeight of terms.logWeights) {
      assertRelative(logWeight, EXACT, 0, tolerance, "ln w");
    }
    assertRelative(
      linearElbo(X, parametersWith(0), () => VARIANCE),
      EXACT,
      1e-13,
      0,
      "the bound of the exact posterior is tight",
    );
  });

  Deno.test(`importance sampling rises with K to the exact ln p(x), on ${executor.label}`, async () => {
    const vae = model(parametersWith(1.2), executor);
    const repeats = Array.from({ length: 400 }, () => X);
    let previous: { mean: number; standardError: number } | undefined;
    for (const samples of [1, 4, 16, 64, 256]) {
      const { logLikelihood } = await vae.evaluate(repeats, { samples, seed: samples });
      const bound = estimate(logLikelihood);
      const width = STANDARD_ERRORS * bound.standardError;
      if (samples === 1) {
        const elbo = linearElbo(X, parametersWith(1.2), () => VARIANCE);
        assertRelative(bound.mean, elbo, 0, width, "K = 1 is the ELBO");
      }
      assert.ok(bound.mean <= EXACT + width, `K = ${samples} lies above ln p(x)`);
      if (previous) {
        const joint = STANDARD_ERRORS * Math.hypot(bound.standardError, previous.standardError);
        assert.ok(bound.mean >= previous.mean - joint, `K = ${samples} falls`);
      }
      previous = bound;
    }
    // The bias is about half the relative variance of the weights over K: under 0.01 at K = 256.
    assertRelative(previous!.mean, EXACT, 0, 0.01 + STANDARD_ERRORS * previous!.standardError);
    vae.dispose();
  });
}
