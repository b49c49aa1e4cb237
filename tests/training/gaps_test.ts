/**
 * The gap between ln p(x) and the ELBO, and its parts. Oracles: a linear Gaussian model whose posterior is diagonal,
 * for which ln p(x) and the divergence of a distorted encoder are known; one whose posterior is not diagonal, for which
 * the best diagonal Gaussian is known; both in float64 on the reference, in float32 on WASM.
 */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { assertRelative } from "../util/close.ts";
import { deviceOf, EXECUTORS } from "../util/executors.ts";
import { gaussianLogDensity, marginalCovariance } from "../util/linear_gaussian.ts";
import {
  COLUMNS,
  EXACT,
  linearModel,
  parametersWith,
  SPEC,
  SQUARES,
  VARIANCE,
  X,
} from "../util/linear_model.ts";

const SHIFT = 0.3, EXTRA = 0.7;
/** KL(N(m + shift, v e^extra) ‖ N(m, v)) over both dimensions. */
const SPOILT = SQUARES.reduce((sum, square) => {
  const variance = VARIANCE / (square + VARIANCE);
  return sum + 0.5 * (Math.exp(EXTRA) + SHIFT ** 2 / variance - 1 - EXTRA);
}, 0);

for (const executor of EXECUTORS) {
  Deno.test(`gaps() of a distorted encoder: all of it is amortisation, on ${executor.label}`, async () => {
    const parameters = parametersWith(EXTRA);
    const bias = [...parameters["encoder.mean.bias"] as number[]].map((value) => value + SHIFT);
    const vae = linearModel({ ...parameters, "encoder.mean.bias": bias }, executor);
    const samples = 4000;
    const gaps = await vae.gaps([X, X], { samples, seed: 2 });
    for (let r = 0; r < 2; r++) {
      // The refined q is the posterior, for which every weight is p(x): no draw adds noise. Steps of 0.05 that end at
      // zero leave it within 1e-3 standard deviations, so 1e-6 nats.
      assertRelative(gaps.logLikelihood[r], EXACT, 0, 1e-4, "ln p(x)");
      assertRelative(gaps.approximation[r], 0, 0, 1e-4, "approximation gap");
      // ln q/p under the distorted q has a standard deviation of some 1.5 nats; over √4000 draws, four standard errors.
      assertRelative(gaps.amortisation[r], SPOILT, 0, 0.1, "amortisation gap");
      const sum = gaps.elbo[r] + gaps.amortisation[r] + gaps.approximation[r];
      assertRelative(sum, gaps.logLikelihood[r], 1e-12, 0, "the parts add up");
    }
    // Row 1 draws its own noise.
    assert.notEqual(gaps.elbo[0], gaps.elbo[1]);
    assert.deepEqual(await vae.gaps([X, X], { samples, seed: 2 }), gaps, "the seed decides");
    vae.dispose();
  });
}

Deno.test("gaps() if the posterior's covariance is not diagonal: the divergence of the best diagonal Gaussian", async () => {
  // p(z | x) has precision P = I + W Wᵀ/σ²; the best diagonal Gaussian has its mean and variances 1/P_ll, and KL(q ‖ p)
  // = ½ (Σ ln P_ll - ln |P|).
  const weight = [1, 0.5, -0.5, 0.5, 0.75, 0.25, 0.25, 1];
  const row = (l: number) => weight.slice(l * COLUMNS, (l + 1) * COLUMNS);
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, d) => sum + value * b[d], 0);
  const p = (i: number, j: number) => Number(i === j) + dot(row(i), row(j)) / VARIANCE;
  const approximation = 0.5 * Math.log(p(0, 0) * p(1, 1) / (p(0, 0) * p(1, 1) - p(0, 1) ** 2));
  const vae = VAE.create(SPEC, { seed: 3, backend: "reference" });
  vae.setParameters(new Map([["decoder.mean.weight", { data: weight }]]));
  const exact = gaussianLogDensity(X, [0, 0, 0, 0], marginalCovariance(weight, COLUMNS, VARIANCE));
  const gaps = await vae.gaps([X], { samples: 20_000, steps: 400, stepSamples: 16 });
  assert.ok(approximation > 0.1 && gaps.amortisation[0] > 0.5);
  // ln w has a standard deviation of about √(2 · 0.4) nats here, so 0.006 over 20,000 draws: four of them.
  assertRelative(gaps.logLikelihood[0], exact, 0, 0.02, "ln p(x)");
  assertRelative(gaps.approximation[0], approximation, 0, 0.04, "approximation gap");
  vae.dispose();
});

Deno.test("gaps() refuses posteriors other than one diagonal Gaussian", async () => {
  const options = deviceOf(EXECUTORS[0]);
  for (
    const latent of [
      [{ size: 2, posterior: "full" as const }],
      [{ size: 2, flows: [{ type: "planar" as const }] }],
      [{ size: 2 }, { size: 1 }],
    ]
  ) {
    const vae = VAE.create({ ...SPEC, latent }, options);
    await assert.rejects(vae.gaps([X]), /Cannot refine q\(z \| x\): it must be one diagonal/);
    await assert.rejects(vae.surgery([X]), /Cannot split the KL: q\(z \| x\) must be one/);
    vae.dispose();
  }
  const vae = VAE.create(SPEC, options);
  await assert.rejects(vae.gaps([X], { steps: 0 }), /steps: must be at least 1/);
  vae.dispose();
});
