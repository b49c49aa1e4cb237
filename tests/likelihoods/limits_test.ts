/**
 * Limits in which one likelihood becomes another, with the first term of the difference (expansions in 1/r, 1/ν and l,
 * from Stirling's series or that of ln sinh):
 *
 *   negative binomial, r → ∞    Poisson + ((x - μ)² - x) / 2r
 *   Student's t, ν → ∞          Gaussian + (t⁴ - 2t² - 1) / 4ν
 *   contaminated Gaussian       Gaussian + ln (1 - π) near μ; ln π N(x; 0, b²) far out, where μ has no slope
 *   continuous Bernoulli, l → 0  uniform: ln p = l (x - ½) - l²/24 + l⁴/2880
 */
import assert from "node:assert/strict";
import { assertRelative } from "../util/close.ts";
import { EXECUTORS } from "../util/executors.ts";
import { evaluateLikelihood } from "./probe.ts";

for (const executor of EXECUTORS) {
  const { label, unitRoundoff: unit } = executor;

  Deno.test(`a negative binomial of large r is almost a Poisson, on ${label}`, () => {
    const logMeans = [-2, 0, 1, 3];
    const rows = [0, 1, 2, 5, 20, 40].map((x) => new Array<number>(4).fill(x));
    const poisson = evaluateLikelihood(
      executor,
      { type: "poisson" },
      { "decoder.logRate.bias": logMeans },
      rows,
    );
    for (const r of [1e3, 1e4, 1e6]) {
      const { logProb, gradients } = evaluateLikelihood(
        executor,
        { type: "negativeBinomial", dispersion: "shared" },
        { "decoder.logMean.bias": logMeans, "likelihood.logDispersion": [Math.log(r)] },
        rows,
      );
      logProb.forEach((got, i) => {
        const x = rows.flat()[i], mean = Math.exp(logMeans[i % 4]);
        const first = ((x - mean) ** 2 - x) / (2 * r);
        // The next term is of third order in x and μ over r²; ln r is rounded to float32 as well.
        const next = (x + mean + 1) ** 3 / r ** 2;
        const size = 1 + Math.abs(poisson.logProb[i]) + (x + mean) * 12;
        const allowed = next + (16 * unit + 2 ** -50) * size;
        assertRelative(got, poisson.logProb[i] + first, 0, allowed, `r = ${r}, x = ${x}`);
      });
      const dispersion = gradients["likelihood.logDispersion"][0];
      assert.ok(Math.abs(dispersion) < 1e4 / r + 1e4 * unit, "r itself no longer matters");
    }
  });

  Deno.test(`Student's t with many degrees of freedom is almost Gaussian, on ${label}`, () => {
    const rows = [-6, -2, -0.3, 0, 1, 4].map((t) => [t, 0.5 * t + 3]);
    for (const degrees of [1e3, 1e5, 1e6]) {
      const { logProb } = evaluateLikelihood(
        executor,
        { type: "studentT", degreesOfFreedom: "shared" },
        {
          "decoder.mean.bias": [0, 3],
          "likelihood.logScale": [0, Math.log(0.5)],
          "likelihood.logDegrees": [Math.log(degrees)],
        },
        rows,
      );
      logProb.forEach((got, i) => {
        const t = rows[i >> 1][0], scale = i % 2 ? 0.5 : 1;
        const gaussian = -0.5 * (Math.log(2 * Math.PI) + t * t) - Math.log(scale);
        const first = (t ** 4 - 2 * t * t - 1) / (4 * degrees);
        const allowed = (t * t + 1) ** 3 / degrees ** 2 + (16 * unit + 2 ** -50) * (2 + t * t);
        assertRelative(got, gaussian + first, 0, allowed, `ν = ${degrees}, t = ${t}`);
      });
    }
  });

  Deno.test(`a contaminated Gaussian is Gaussian near its centre, and a wrong cell does not affect its parameters, on ${label}`, () => {
    const at = (x: number) =>
      evaluateLikelihood(
        executor,
        { type: "contaminatedGaussian", share: 0.01, breadth: 20 },
        { "decoder.mean.bias": [0.5], "likelihood.logVar": [-4] },
        [[x]],
      );
    const near = at(0.55), far = at(60), variance = Math.exp(-4);
    const gaussian = -0.5 * (Math.log(2 * Math.PI) - 4 + 0.05 ** 2 / variance) + Math.log(0.99);
    // The other component has a share of e^-7 in ln p, and in the slope.
    assertRelative(near.logProb[0], gaussian, 0, 1.5e-4);
    assertRelative(near.gradients["decoder.mean.bias"][0], 0.05 / variance, 2e-4);
    const broad = -0.5 * Math.log(2 * Math.PI) - Math.log(20) - 60 ** 2 / 800 + Math.log(0.01);
    assertRelative(far.logProb[0], broad, 16 * unit + 2 ** -50);
    assert.equal(far.gradients["decoder.mean.bias"][0], 0);
  });

  Deno.test(`a continuous Bernoulli of λ near ½ is almost uniform, on ${label}`, () => {
    const logits = [0, 1e-30, -1e-8, 1e-5, -1e-3, 0.01, -0.04].map(Math.fround);
    const rows = [0, 0.125, 0.5, 1].map((x) => logits.map(() => x));
    const { logProb, mean, gradients } = evaluateLikelihood(
      executor,
      { type: "continuousBernoulli" },
      { "decoder.logits.bias": logits },
      rows,
    );
    logProb.forEach((got, i) => {
      const l = logits[i % logits.length], x = rows.flat()[i];
      const want = l * (x - 0.5) - l * l / 24 + l ** 4 / 2880;
      assertRelative(got, want, 0, Math.abs(l) ** 6 + 8 * unit, `l = ${l}, x = ${x}`);
    });
    logits.forEach((l, c) => {
      const slope = l / 12 - l ** 3 / 720;
      assertRelative(mean[c], 0.5 + slope, 0, Math.abs(l) ** 5 + 4 * unit, `mean at ${l}`);
      const total = rows.reduce((sum, row) => sum + row[c] - 0.5 - slope, 0);
      const allowed = 4 * Math.abs(l) ** 5 + 16 * unit;
      assertRelative(gradients["decoder.logits.bias"][c], total, 0, allowed, `slope at ${l}`);
    });
  });
}
