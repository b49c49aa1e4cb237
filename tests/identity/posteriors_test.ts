/**
 * Every posterior's density against its own draws: E_q[p(z) / q(z)] = ∫ p(z) dz = 1, which fails if a draw and its ln q
 * disagree, or ln p is not a density. And the KL of a full covariance against the textbook formula for two Gaussians
 * and against the mean over draws.
 */
import assert from "node:assert/strict";
import type { LatentInput } from "../../src/models/latents.ts";
import { initialize } from "../../src/models/initialize.ts";
import { parametersOf } from "../../src/models/vae_graph.ts";
import { type ModelSpecInput, parseSpec } from "../../src/models/spec.ts";
import { VAE } from "../../src/training/vae.ts";
import { assertRelative } from "../util/close.ts";
import { deviceOf, EXECUTORS } from "../util/executors.ts";
import { drawTerms, type Parameters } from "../util/probe.ts";
import { estimate, STANDARD_ERRORS } from "../util/statistics.ts";

const LATENTS: Readonly<Record<string, LatentInput>> = {
  diagonal: { size: 2 },
  full: { size: 3, posterior: "full" },
  planar: { size: 2, flows: [{ type: "planar" }, { type: "planar" }] },
  radial: { size: 2, flows: [{ type: "radial" }, { type: "radial" }] },
  coupling: { size: 3, flows: [{ type: "coupling", hidden: [6] }, { type: "coupling" }] },
  iaf: { size: 3, flows: [{ type: "iaf", hidden: [8] }, { type: "iaf", hidden: [8, 8] }] },
  "full and iaf": { size: 2, posterior: "full", flows: [{ type: "iaf", hidden: [8] }] },
};

const specOf = (...latent: LatentInput[]): ModelSpecInput => ({
  inputs: 4,
  encoder: { hidden: [6] },
  latent,
  likelihood: { type: "bernoulli" },
});

const iaf = { type: "iaf", hidden: [8] } as const;
const above = { encoder: { hidden: [6] }, decoder: { hidden: [6] } };

/** Flows on every layer, also where q is a product of what comes from above and from below. */
const LAYERED: Readonly<Record<string, ModelSpecInput>> = {
  "flows on both layers": specOf({ size: 3, flows: [iaf] }, { size: 2, flows: [iaf], ...above }),
  "a ladder with flows": {
    ...specOf(
      { size: 2, flows: [{ type: "coupling", hidden: [6] }] },
      { size: 2, posterior: "full", ...above },
    ),
    inference: "ladder",
  },
};

const SPECS: Readonly<Record<string, ModelSpecInput>> = {
  ...Object.fromEntries(Object.entries(LATENTS).map(([name, latent]) => [name, specOf(latent)])),
  ...LAYERED,
};

/** Half the initial values, and wide Gaussians below: where q covers p, the ratio varies little. */
function startOf(spec: ModelSpecInput): Parameters {
  const values = initialize(parametersOf(parseSpec(spec)), 3);
  const halved = [...values].map(([name, each]) => [name, each.map((v) => v / 2)] as const);
  const wide = [...values].filter(([name]) => /^encoder\d*\.logVar\.bias$/.test(name));
  // In a ladder, the product with p(z | z above) is narrower than both; with e^4 hardly narrower than p.
  const spread = (layer: number) => layer < wide.length - 1 && spec.inference === "ladder" ? 4 : 1;
  return {
    ...Object.fromEntries(halved),
    ...Object.fromEntries(wide.map(([name, each], i) => [name, each.map(() => spread(i))])),
  };
}

const ROWS = 16, SAMPLES = 4096;
const X = Array.from({ length: ROWS * 4 }, (_, i) => (Math.sin(i) + 1) / 2);

for (const executor of EXECUTORS) {
  for (const [name, spec] of Object.entries(SPECS)) {
    Deno.test(`${name}: the mean of p(z) / q(z) over draws is 1, on ${executor.label}`, () => {
      const samples = executor.backend === "reference" ? SAMPLES / 4 : SAMPLES;
      const terms = drawTerms(executor, spec, startOf(spec), X, { samples });
      const { logWeights, logLikelihoods } = terms;
      const ratios = logWeights.map((weight, i) => Math.exp(weight - logLikelihoods[i]));
      const { mean, standardError } = estimate(ratios);
      assert.ok(standardError < 0.05, `standard error ${standardError}`);
      assert.ok(
        Math.abs(mean - 1) <= STANDARD_ERRORS * standardError,
        `${mean} ± ${standardError}`,
      );
    });

    Deno.test(`${name}: trains, is saved, and scores the same after loading, on ${executor.label}`, async () => {
      const rows = { data: Float32Array.from(X), shape: [ROWS, 4] as const };
      const vae = VAE.create(spec, { seed: 2, ...deviceOf(executor) });
      const options = { epochs: 60, optimizer: { type: "adam", learningRate: 0.02 } } as const;
      const { history } = await vae.fit(rows, options);
      assert.ok(history[59].loss < history[0].loss, `${history[0].loss} → ${history[59].loss}`);
      const again = await VAE.load(vae.save(), deviceOf(executor));
      assert.deepEqual(again.spec, vae.spec);
      assert.deepEqual(await again.score(rows), await vae.score(rows));
      assert.deepEqual((await again.encode(rows)).mean, (await vae.encode(rows)).mean);
      vae.dispose();
      again.dispose();
    });
  }

  Deno.test(`full covariance: KL by the formula of two Gaussians, on ${executor.label}`, () => {
    const spec = specOf({ size: 3, posterior: "full" });
    const mean = [0.5, -1, 0.25], logVar = [-1, 0.5, 0.2];
    const lower = [9, 9, 9, 0.7, 9, 9, -0.4, 1.1, 9]; // elements that are not below the diagonal are masked
    const parameters = { ...startOf(spec) };
    for (const name of Object.keys(parameters)) {
      if (name.startsWith("encoder.")) parameters[name] = Array.from(parameters[name], () => 0);
    }
    const given = { ...parameters, "encoder.mean.bias": mean };
    const all = { ...given, "encoder.logVar.bias": logVar, "encoder.lower.bias": lower };
    const { kl, logWeights, logLikelihoods } = drawTerms(executor, spec, all, X, { samples: 512 });
    // ½ (tr Σ + μ·μ - L - ln det Σ), Σ = C Cᵀ, ln det Σ = Σ logVar.
    const trace = logVar.reduce((sum, l) => sum + Math.exp(l), 0) + 0.7 ** 2 + 0.4 ** 2 + 1.1 ** 2;
    const square = mean.reduce((sum, m) => sum + m * m, 0);
    const expected = 0.5 * (trace + square - 3 - logVar.reduce((sum, l) => sum + l, 0));
    const perRow = kl.subarray(0, 3).reduce((sum, each) => sum + each, 0);
    assertRelative(perRow, expected, 32 * executor.unitRoundoff, 0, "KL");
    const sampled = estimate(logWeights.map((weight, i) => logLikelihoods[i] - weight));
    const error = Math.abs(sampled.mean - expected);
    assert.ok(error <= STANDARD_ERRORS * sampled.standardError, `${sampled.mean}, ${expected}`);
  });
}
