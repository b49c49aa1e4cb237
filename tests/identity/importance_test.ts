/**
 * Importance-sampled ln p(x) of a linear Gaussian model, for which p(x) = N(b, WᵀW + σ²I) is known. Its expectation
 * rises with the number of draws K from the ELBO to the exact value; and if q = p(z | x), every single weight is p(x).
 */
import assert from "node:assert/strict";
import { assertRelative } from "../util/close.ts";
import { EXECUTORS } from "../util/executors.ts";
import { linearElbo } from "../util/linear_gaussian.ts";
import {
  COLUMNS,
  EXACT,
  linearModel,
  parametersWith,
  SPEC,
  SQUARES,
  VARIANCE,
  WEIGHT,
  X,
} from "../util/linear_model.ts";
import { estimate, STANDARD_ERRORS } from "../util/statistics.ts";
import { drawTerms } from "../util/probe.ts";

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
    const vae = linearModel(parametersWith(1.2), executor);
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
    // The bias is about half the relative variance of the weights over K: below 0.01 at K = 256.
    assertRelative(previous!.mean, EXACT, 0, 0.01 + STANDARD_ERRORS * previous!.standardError);
    vae.dispose();
  });
}
