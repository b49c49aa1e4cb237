/** Mixtures fitted after training: EM against its own promise, the density of the graph, and known points. */
import assert from "node:assert/strict";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { batched, fixed } from "../../src/core/shape.ts";
import { mixturePrior } from "../../src/distributions/mixture.ts";
import { fitMixture } from "../../src/training/em/gaussian_mixture.ts";
import { withPosteriorMixture } from "../../src/training/em/posterior_mixture.ts";
import { VAE } from "../../src/training/vae.ts";
import { assertRelative } from "../util/close.ts";
import { REFERENCE } from "../util/executors.ts";
import { runGraph } from "../util/probe.ts";

const CENTRES = [[-3, 1], [2, 2], [0, -2.5]];
const SHARES = [0.5, 0.3, 0.2];
const SPREAD = 0.4;

/** Points of three known Gaussians. */
function points(count: number): { data: Float64Array; shape: [number, number] } {
  const random = new HostRandom(4, 0, 0);
  const data = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    const u = random.uniformF64();
    const n = u < SHARES[0] ? 0 : u < SHARES[0] + SHARES[1] ? 1 : 2;
    for (let l = 0; l < 2; l++) data[2 * i + l] = CENTRES[n][l] + SPREAD * normal(random);
  }
  return { data, shape: [count, 2] };
}

const OPTIONS = { components: 3, seed: 1, iterations: 100, tolerance: 1e-9 };

Deno.test("fitMixture() never lowers the likelihood", () => {
  for (const [components, seed] of [[1, 0], [3, 1], [8, 2], [8, 3]]) {
    const { logLikelihood } = fitMixture(points(300), { ...OPTIONS, components, seed });
    logLikelihood.forEach((value, i) => {
      // The sums of a step over 300 points are rounded by some 1e-13.
      if (i > 0) assert.ok(value >= logLikelihood[i - 1] - 1e-12, `step ${i}`);
    });
    assert.ok(logLikelihood.length > 1);
  }
});

Deno.test("fitMixture() finds the Gaussians that the points were drawn from", () => {
  const count = 5000;
  const { weights, means, variances } = fitMixture(points(count), OPTIONS);
  for (const [n, centre] of CENTRES.entries()) {
    const distances = [0, 1, 2].map((m) =>
      Math.hypot(means[2 * m] - centre[0], means[2 * m + 1] - centre[1])
    );
    const nearest = distances.indexOf(Math.min(...distances));
    // Five standard errors of a mean, a share and a variance over a fifth of the points.
    const limit = 5 / Math.sqrt(count / 5);
    assert.ok(distances[nearest] < SPREAD * limit, `${distances[nearest]}`);
    assert.ok(Math.abs(weights[nearest] - SHARES[n]) < 0.5 * limit);
    for (let l = 0; l < 2; l++) {
      const ratio = variances[2 * nearest + l] / SPREAD ** 2;
      assert.ok(Math.abs(ratio - 1) < Math.SQRT2 * limit, `${ratio}`);
    }
  }
});

Deno.test("fitMixture() reports the density that the graph has for the same mixture", () => {
  const some = points(200);
  const { logLikelihood, ...mixture } = fitMixture(some, {
    ...OPTIONS,
    iterations: 4,
    tolerance: 0,
  });
  const next = fitMixture(some, { ...OPTIONS, iterations: 5, tolerance: 0 });
  const { density } = runGraph(REFERENCE, 200, (g) => {
    const components = {
      mean: g.input("mean", fixed(3, 2)),
      logVar: g.input("logVar", fixed(3, 2)),
    };
    const prior = mixturePrior(g, components, g.input("logits", fixed(1, 3)));
    return { density: prior.logDensity(g.input("z", batched(2))) };
  }, {
    z: some.data,
    mean: mixture.means,
    logVar: mixture.variances.map(Math.log),
    logits: mixture.weights.map(Math.log),
  });
  const mean = density.reduce((sum, value) => sum + value, 0) / 200;
  assertRelative(mean, next.logLikelihood[4], 1e-12);
  assert.equal(logLikelihood.length, 4);
});

Deno.test("fitMixture() copes with equal points, one point, and more components than points", () => {
  const cases = [
    new Float64Array(40).fill(7),
    Float64Array.of(1, 2),
    Float64Array.of(1, 2, 1, 3, 5, 5),
  ];
  for (const data of cases) {
    const fitted = fitMixture({ data, shape: [data.length / 2, 2] }, { ...OPTIONS, components: 5 });
    for (const values of [fitted.weights, fitted.means, fitted.variances]) {
      assert.ok(values.every(Number.isFinite));
    }
  }
});

Deno.test("withPosteriorMixture() changes only the prior, and raises the bound if N(0, I) did not fit", async () => {
  const rows = {
    data: Float32Array.from(points(400).data, (v) => v / 3),
    shape: [400, 2] as const,
  };
  const vae = VAE.create({ inputs: 2, encoder: { hidden: [8] }, latent: [{ size: 2 }] }, {
    seed: 1,
  });
  const optimizer = { type: "adam", learningRate: 0.02 } as const;
  await vae.fit(rows, { epochs: 60, optimizer, objective: { beta: 0.1 } });
  const { model, logLikelihood } = await withPosteriorMixture(vae, rows, { components: 6 });
  assert.ok(logLikelihood.at(-1)! > logLikelihood[0]);
  assert.deepEqual(model.spec.prior, { type: "mixture", components: 6 });
  assert.deepEqual((await model.encode(rows)).mean, (await vae.encode(rows)).mean);
  const mean = (values: Float64Array) => values.reduce((a, b) => a + b) / values.length;
  const [before, after] = [
    await vae.elbo(rows, { samples: 50 }),
    await model.elbo(rows, { samples: 50 }),
  ];
  assert.ok(mean(after) > mean(before) + 0.1, `${mean(before)} → ${mean(after)}`);
  const again = await VAE.load(model.save());
  assert.deepEqual((await again.sample(5)).data, (await model.sample(5)).data);
  for (const each of [vae, model, again]) each.dispose();
});

Deno.test("withPosteriorMixture() refuses models other than one plain Gaussian layer, with the reason", async () => {
  const vae = VAE.create({ inputs: 2, latent: [{ size: 2, flows: [{ type: "planar" }] }] });
  await assert.rejects(
    withPosteriorMixture(vae, [[0, 0]]),
    /one diagonal Gaussian layer without flows/,
  );
  const plain = VAE.create({ inputs: 2, latent: [{ size: 2 }] });
  await assert.rejects(
    withPosteriorMixture(plain, [[0, 0]], { components: 0 }),
    /components: must be at least 1/,
  );
});
