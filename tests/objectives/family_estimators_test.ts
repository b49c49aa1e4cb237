/**
 * STL and DReG beyond linear models: with flows, with a VampPrior and with several layers, their mean is that of the
 * unbiased gradient with the same draws. STL of the importance-weighted bound is biased, and the test sees it.
 */
import assert from "node:assert/strict";
import { type ModelSpecInput, type ObjectiveInput, VAE } from "../../mod.ts";
import { latentWidth } from "../../src/models/latents.ts";
import { normals } from "../util/data.ts";
import { REFERENCE } from "../util/executors.ts";
import { drawNoise } from "../util/probe.ts";
import { estimate, STANDARD_ERRORS } from "../util/statistics.ts";

const ROWS = 100, STEPS = 40;
const X = Array.from({ length: ROWS }, () => [1, 0, 1]);

const net = { hidden: [5], activation: "tanh" } as const;
const above = { size: 1, encoder: net, decoder: net } as const;
const common = {
  inputs: 3,
  encoder: net,
  decoder: net,
  likelihood: { type: "bernoulli" },
} as const;

const MODELS: Readonly<Record<string, ModelSpecInput>> = {
  "behind two kinds of flow": {
    ...common,
    latent: [{
      size: 2,
      flows: [{ type: "iaf", hidden: [4] }, { type: "coupling", hidden: [4] }],
    }],
  },
  "under a VampPrior": { ...common, latent: [{ size: 2 }], prior: { type: "vamp", components: 3 } },
  "with two layers from below": {
    ...common,
    latent: [{ size: 2 }, above],
    prior: { type: "vamp", components: 2 },
  },
  "with two layers of a ladder": {
    ...common,
    latent: [{ size: 2 }, above],
    inference: "ladder",
    prior: { type: "vamp", components: 2 },
  },
};

/** A model far from its initial values, whose q fits badly. */
function modelOf(spec: ModelSpecInput): VAE {
  const vae = VAE.create(spec, { seed: 3 });
  const parameters = [...vae.parameters()];
  const shifts = normals(parameters.reduce((sum, [, { data }]) => sum + data.length, 0), 5);
  let next = 0;
  vae.setParameters(
    new Map(parameters.map(([name, { data }]) => {
      return [name, { data: data.map((value) => value + 0.6 * shifts[next++]) }];
    })),
  );
  return vae;
}

/** Standard normal draws for each layer, the same for both estimators of a step. */
function noiseOf(sizes: readonly number[], samples: number, step: number) {
  const draws = sizes.map((latent, layer) => ({
    data: drawNoise(REFERENCE, { rows: ROWS, latent, samples, seed: 3 + layer, step }),
    shape: [ROWS * samples, latent] as const,
  }));
  if (draws.length === 1) return draws[0];
  return new Map(draws.map((draw, layer) => [`noise.${layer}`, draw]));
}

/** By coordinate, how many standard errors the mean difference of two gradients is from zero. */
async function offsets(spec: ModelSpecInput, one: ObjectiveInput, other: ObjectiveInput) {
  const vae = modelOf(spec), differences = new Map<string, number[]>();
  const sizes = vae.spec.latent.map((layer) => latentWidth(layer));
  for (let step = 0; step < STEPS; step++) {
    const noise = noiseOf(sizes, one.samples!, step);
    const [a, b] = [
      await vae.lossAndGradients(X, { noise, objective: one }),
      await vae.lossAndGradients(X, { noise, objective: other }),
    ];
    for (const [name, { data }] of a.gradients) {
      const theirs = b.gradients.get(name)!.data;
      data.forEach((value, i) => {
        const key = `${name}[${i}]`;
        differences.set(key, [...differences.get(key) ?? [], value - theirs[i]]);
      });
    }
  }
  vae.dispose();
  return [...differences].map(([name, values]) => {
    const { mean, standardError } = estimate(values);
    // Gradients are float32 sums, so equal ones differ by their rounding.
    return { name, off: Math.abs(mean) / (standardError + 2e-7) };
  });
}

const PLAIN = { type: "iwae", samples: 4 } as const;
const ELBO = { type: "elbo", samples: 2, beta: 0.7 } as const;

for (const [where, spec] of Object.entries(MODELS)) {
  Deno.test(`${where}, DReG and STL have the mean of the unbiased gradient`, async () => {
    const pairs = [
      [PLAIN, { ...PLAIN, estimator: "dreg" }],
      [{ ...ELBO, kl: "monteCarlo" }, { ...ELBO, estimator: "stl" }],
    ] as const;
    for (const [unbiased, estimator] of pairs) {
      for (const { name, off } of await offsets(spec, unbiased, estimator)) {
        assert.ok(off <= STANDARD_ERRORS, `${estimator.type}, ${name}: ${off} standard errors`);
      }
    }
  });

  Deno.test(`${where}, STL of the importance-weighted bound is biased`, async () => {
    const found = await offsets(spec, PLAIN, { ...PLAIN, estimator: "stl" });
    assert.ok(found.some(({ off }) => off > 2 * STANDARD_ERRORS));
  });
}
