/** Priors against sums computed here, moments of their draws, and KLs between two Gaussians. */
import assert from "node:assert/strict";
import { batched, fixed } from "../../src/core/shape.ts";
import { mixturePrior } from "../../src/distributions/mixture.ts";
import type { Graph } from "../../src/graph/graph.ts";
import { drawnNoise } from "../../src/layers/noise.ts";
import { infer } from "../../src/models/vae_graph.ts";
import { type ModelSpecInput, parseSpec } from "../../src/models/spec.ts";
import type { PriorInput } from "../../src/models/priors.ts";
import { VAE } from "../../src/training/vae.ts";
import { assertRelative } from "../util/close.ts";
import { deviceOf, EXECUTORS } from "../util/executors.ts";
import { inputScope, runGraph } from "../util/probe.ts";
import { estimate, logNormal, STANDARD_ERRORS } from "../util/statistics.ts";

const COMPONENTS = {
  mean: [-2, 1, 0.5, 0.5, 3, -1],
  logVar: [-1, 0, 0.5, -2, 0.2, -0.7],
  logits: [0.3, -1, 1.2],
};
const WEIGHTS = softmax(COMPONENTS.logits);

function softmax(logits: readonly number[]): number[] {
  const powers = logits.map(Math.exp), sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/** ln p(z) of two dimensions and three components, by its definition. */
function logMixture(a: number, b: number): number {
  const { mean, logVar } = COMPONENTS;
  return Math.log(WEIGHTS.reduce((sum, weight, n) => {
    const first = logNormal(a, mean[2 * n], logVar[2 * n]);
    return sum + weight * Math.exp(first + logNormal(b, mean[2 * n + 1], logVar[2 * n + 1]));
  }, 0));
}

function prior(g: Graph) {
  const components = { mean: g.input("mean", fixed(3, 2)), logVar: g.input("logVar", fixed(3, 2)) };
  return mixturePrior(g, components, g.input("logits", fixed(1, 3)));
}

for (const executor of EXECUTORS) {
  Deno.test(`mixture: ln p(z) matches its definition, on ${executor.label}`, () => {
    const points = Array.from({ length: 40 }, (_, i) => [Math.sin(i) * 4, Math.cos(3 * i) * 4]);
    const { density } = runGraph(
      executor,
      points.length,
      (g) => ({ density: prior(g).logDensity(g.input("z", batched(2))) }),
      { ...COMPONENTS, z: points.flat() },
    );
    const expected = points.map(([a, b]) => logMixture(a, b));
    // Sums of a dozen terms, the largest about 80 nats.
    assertRelative(density, expected, 16 * executor.unitRoundoff, 1280 * executor.unitRoundoff);
  });

  Deno.test(`mixture: draws have the mixture's moments, on ${executor.label}`, () => {
    const rows = 20_000;
    const { z } = runGraph(executor, rows, (g) => ({
      z: prior(g).sample((shape, distribution) =>
        drawnNoise(g, { name: "", stream: distribution === "uniform" ? 2 : 1, shape, distribution })
      ),
    }), { ...COMPONENTS, key: [4, 0, 0, 0] });
    const { mean, logVar } = COMPONENTS;
    for (const l of [0, 1]) {
      const column = z.filter((_, i) => i % 2 === l);
      const first = WEIGHTS.reduce((sum, w, n) => sum + w * mean[2 * n + l], 0);
      const second = WEIGHTS.reduce(
        (sum, w, n) => sum + w * (mean[2 * n + l] ** 2 + Math.exp(logVar[2 * n + l])),
        0,
      );
      const moments: [Float64Array, number][] = [[column, first], [
        column.map((v) => v * v),
        second,
      ]];
      for (const [values, expected] of moments) {
        const { mean, standardError } = estimate(values);
        assert.ok(
          Math.abs(mean - expected) <= STANDARD_ERRORS * standardError,
          `${mean} ${expected}`,
        );
      }
    }
    // The two dimensions depend on each other only through the component.
    const products = estimate(z.filter((_, i) => i % 2 === 0).map((v, i) => v * z[2 * i + 1]));
    const expected = WEIGHTS.reduce((sum, w, n) => sum + w * mean[2 * n] * mean[2 * n + 1], 0);
    assert.ok(Math.abs(products.mean - expected) <= STANDARD_ERRORS * products.standardError);
  });

  Deno.test(`mixture: without noise a draw is the mixture's mean, on ${executor.label}`, () => {
    const { mean: means, logits } = COMPONENTS;
    const { z } = runGraph(
      executor,
      1,
      (g) => ({ z: prior(g).sample(() => undefined) }),
      { mean: means, logits },
    );
    const mean = [0, 1].map((l) =>
      WEIGHTS.reduce((s, w, n) => s + w * COMPONENTS.mean[2 * n + l], 0)
    );
    assertRelative(z, mean, 8 * executor.unitRoundoff, 8 * executor.unitRoundoff);
  });

  Deno.test(`vamp with one pseudo-row at zero: KL(q(z | x) ‖ q(z | 0)) in closed form, on ${executor.label}`, () => {
    // Without hidden layers, μ(x) = x W + b, so for a pseudo-row of zeros the prior is N(b, e^c).
    const spec = parseSpec({
      inputs: 2,
      latent: [{ size: 2 }],
      prior: { type: "vamp", components: 1 },
      likelihood: { type: "bernoulli" },
    });
    const b = [0.4, -0.3], c = [0.2, -0.5], w = [0.5, 1, -1, 0.25], v = [0.3, 0, 0.1, -0.2];
    const x = [1, 0.5];
    const rows = 2000;
    const { difference } = runGraph(executor, rows, (g) => {
      const all = g.input("x", batched(2));
      const { logPosterior, logPrior } = infer(inputScope(g, drawnNoise), spec, all, 4);
      return { difference: g.sub(logPosterior, logPrior) };
    }, {
      "x": Array.from({ length: 2 * rows }, (_, i) => x[i % 2]),
      "key": [1, 0, 0, 0],
      "encoder.mean.weight": w,
      "encoder.mean.bias": b,
      "encoder.logVar.weight": v,
      "encoder.logVar.bias": c,
      "prior.pseudoRows": [0, 0],
    });
    const expected = [0, 1].reduce((sum, l) => {
      const mean = b[l] + x[0] * w[l] + x[1] * w[2 + l];
      const logVar = c[l] + x[0] * v[l] + x[1] * v[2 + l];
      const gap = (mean - b[l]) ** 2;
      return sum + 0.5 * (c[l] - logVar - 1 + (Math.exp(logVar) + gap) / Math.exp(c[l]));
    }, 0);
    const { mean, standardError } = estimate(difference);
    assert.ok(Math.abs(mean - expected) <= STANDARD_ERRORS * standardError, `${mean}, ${expected}`);
  });

  for (const type of ["mixture", "vamp"] as const) {
    Deno.test(`${type}: trains, samples, is saved, and scores the same after loading, on ${executor.label}`, async () => {
      const spec: ModelSpecInput = {
        inputs: 4,
        encoder: { hidden: [6] },
        latent: [{ size: 2 }],
        prior: { type, components: 3 } satisfies PriorInput,
        likelihood: { type: "bernoulli" },
      };
      const data = Float32Array.from({ length: 64 }, (_, i) => (Math.sin(i) + 1) / 2);
      const rows = { data, shape: [16, 4] as const };
      const vae = VAE.create(spec, { seed: 2, ...deviceOf(executor) });
      const before = vae.parameters();
      const options = { epochs: 60, optimizer: { type: "adam", learningRate: 0.02 } } as const;
      const { history } = await vae.fit(rows, options);
      assert.ok(history[59].loss < history[0].loss, `${history[0].loss} → ${history[59].loss}`);
      for (const [name, { data }] of vae.parameters()) {
        if (name.startsWith("prior.")) assert.notDeepEqual(data, before.get(name)!.data, name);
      }
      const again = await VAE.load(vae.save(), deviceOf(executor));
      assert.deepEqual(await again.score(rows), await vae.score(rows));
      const drawn = await again.sample(5, { seed: 3 });
      assert.deepEqual(drawn.data, (await vae.sample(5, { seed: 3 })).data);
      assert.ok(drawn.data.every((value) => value >= 0 && value <= 1));
      vae.dispose();
      again.dispose();
    });
  }
}

Deno.test("vamp is refused if the posterior is not a diagonal Gaussian", () => {
  const spec: ModelSpecInput = {
    inputs: 2,
    latent: [{ size: 2, posterior: "full" }],
    prior: { type: "vamp", components: 2 },
  };
  assert.throws(() => VAE.create(spec), /vamp needs a posterior that is a diagonal Gaussian/);
});
