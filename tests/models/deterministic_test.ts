/**
 * Deterministic latent variables: autoencoders. Oracles: the closed form of the linear denoising autoencoder, from the
 * eigenvectors of its data, and central differences.
 *
 * For x̃ = x + σε and rows of covariance S = V diag(λ) Vᵀ, the best linear map of rank L is that of ridge regression, S
 * (S + σ²I)⁻¹, on the L first eigenvectors, x̂ = Σ_{i ≤ L} v_i λ_i/(λ_i + σ²) v_iᵀ x̃, and its mean squared error
 *
 *   Σ_{i ≤ L} λ_i σ²/(λ_i + σ²) + Σ_{i > L} λ_i
 */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { assertRelative } from "../util/close.ts";

const LAMBDA = [4, 1, 0.25], SIGMA = 0.5, LATENT = 2, D = LAMBDA.length;
const LN_2PI = Math.log(2 * Math.PI);
/** An orthogonal matrix whose columns are the eigenvectors: a reflection by (1, 2, 2)/3. */
const V = [[7, -4, -4], [-4, 1, -8], [-4, -8, 1]].map((row) => row.map((value) => value / 9));

/**
 * Rows whose covariance is exactly S, each with the 2D draws ±√D e_d, whose mean is 0 and covariance I: the mean over
 * them is the expectation.
 */
function designed() {
  const x: number[][] = [], noise: number[][] = [];
  for (let i = 0; i < D; i++) {
    for (const sign of [1, -1]) {
      const row = V.map((each) => sign * Math.sqrt(D * LAMBDA[i]) * each[i]);
      for (let d = 0; d < D; d++) {
        for (const other of [1, -1]) {
          x.push(row);
          noise.push(row.map((_, c) => c === d ? other * Math.sqrt(D) : 0));
        }
      }
    }
  }
  return { x, noise: new Map([["corruption", noise]]) };
}

const SPEC = {
  inputs: D,
  latent: [{ type: "deterministic", size: LATENT }],
  likelihood: { type: "gaussian", variance: 1 },
} as const;
const objective = { type: "elbo", corruption: { type: "gaussian", scale: SIGMA } } as const;

Deno.test("the closed form of the linear denoising autoencoder has its loss, and no gradient", async () => {
  const vae = VAE.create(SPEC, { seed: 1, backend: "reference" });
  const { x, noise } = designed();
  const shrink = LAMBDA.map((value) => value / (value + SIGMA ** 2));
  const encoder = V.flatMap((row) => row.slice(0, LATENT).map((value, l) => value * shrink[l]));
  const decoder = Array.from({ length: LATENT }, (_, l) => V.map((row) => row[l])).flat();
  const at = (scale: number) =>
    new Map([
      ["encoder.mean.weight", { data: encoder.map((value) => scale * value) }],
      ["encoder.mean.bias", { data: [0, 0] }],
      ["decoder.mean.weight", { data: decoder }],
      ["decoder.mean.bias", { data: [0, 0, 0] }],
    ]);
  vae.setParameters(at(1));
  const { loss, gradients } = await vae.lossAndGradients(x, { noise, objective });
  const error = LAMBDA.reduce(
    (sum, value, i) => sum + value * (i < LATENT ? SIGMA ** 2 / (value + SIGMA ** 2) : 1),
    0,
  );
  // Parameters are float32: 6e-8 of a weight, squared near the minimum of the loss and therefore below 1e-12 of it.
  assertRelative(loss, (D * LN_2PI + error) / 2, 1e-7);
  for (const [name, { data }] of gradients) {
    // Float32 weights of size 1 are off by 6e-8, and the curvature is that of S: at most λ = 4 and 12 terms.
    for (const value of data) assert.ok(Math.abs(value) < 2e-6, `${name}: ${value}`);
  }
  for (const scale of [0.9, 1.1]) {
    vae.setParameters(at(scale));
    const other = await vae.lossAndGradients(x, { noise, objective });
    // Without noise, the best map does not shrink, so this shows that the noise is used.
    assert.ok(other.loss > loss + 1e-3);
  }
  vae.dispose();
});

Deno.test("an autoencoder's bound is its reconstruction, for any draws; its gradients match differences", async () => {
  const spec = {
    ...SPEC,
    encoder: { hidden: [4] },
    decoder: { hidden: [3] },
    likelihood: { type: "bernoulli" },
  } as const;
  const vae = VAE.create(spec, { seed: 3, backend: "reference" });
  const x = [[1, 0, 1], [0, 0, 1]];
  const elbo = await vae.elbo(x), likelihood = await vae.logLikelihood(x, { samples: 5 });
  const { data } = await vae.reconstruct(x);
  const expected = x.map((row, r) =>
    row.reduce((sum, value, c) => {
      const p = data[r * D + c];
      return sum + Math.log(value === 1 ? p : 1 - p);
    }, 0)
  );
  expected.forEach((value, r) => {
    // Probabilities are returned as float32.
    assertRelative(elbo[r], value, 1e-6);
    assertRelative(likelihood[r], elbo[r], 1e-12);
  });
  const { kl, klForm, activeUnits } = await vae.evaluate(x);
  assert.deepEqual([...kl], [0, 0]);
  assert.equal(klForm, "closed");
  assert.ok(activeUnits <= LATENT);

  const noise = new Map<string, number[][]>();
  const { loss, gradients } = await vae.lossAndGradients(x, { noise });
  assertRelative(loss, -(elbo[0] + elbo[1]) / 2, 1e-12);
  const step = 2 ** -10;
  for (const [name, { data, shape }] of vae.parameters()) {
    for (const i of [0, data.length - 1]) {
      const lossAt = async (by: number) => {
        const moved = data.map((value, j) => j === i ? value + by : value);
        vae.setParameters(new Map([[name, { shape, data: moved }]]));
        return (await vae.lossAndGradients(x, { noise })).loss;
      };
      const moved = (by: number) => Math.fround(data[i] + by) - data[i];
      const slope = (await lossAt(step) - await lossAt(-step)) / (moved(step) - moved(-step));
      vae.setParameters(new Map([[name, { shape, data }]]));
      // The third derivative times step²/6, at most some units of 1.6e-7.
      assert.ok(Math.abs(slope - gradients.get(name)!.data[i]) < 1e-5, `${name}[${i}]`);
    }
  }
  vae.dispose();
});

Deno.test("a denoising autoencoder is trained, saved and loaded; what needs a distribution is refused with the reason", async () => {
  const vae = VAE.create(SPEC, { seed: 1 });
  const { x } = designed();
  const { history } = await vae.fit(x, { epochs: 20, batchSize: 12, objective });
  assert.ok(history.at(-1)!.loss < history[0].loss);
  assert.ok(history.every(({ kl }) => kl === 0));
  // A plain autoencoder has no noise.
  const plain = await vae.fit(x, { epochs: 2, batchSize: 12, validation: 0.2 });
  assert.ok(Number.isFinite(plain.history[1].validationElbo));
  const again = await VAE.load(vae.save());
  assert.deepEqual(await again.score(x), await vae.score(x));
  assert.deepEqual(again.spec.latent, [{ type: "deterministic", size: LATENT }]);
  again.dispose();
  await assert.rejects(vae.sample(3), /deterministic latent layer has no prior/);
  const bad = (spec: Record<string, unknown>) => () => VAE.create({ ...SPEC, ...spec } as never);
  assert.throws(
    bad({ prior: { type: "vamp", components: 3 } }),
    /spec\.prior.*takes no prior.*"vamp"/,
  );
  assert.throws(bad({ latent: [...SPEC.latent, { size: 2 }] }), /latent\[0\]\.type.*only layer/);
  assert.throws(bad({ latent: [{ ...SPEC.latent[0], flows: [] }] }), /unknown key "flows"/);
  vae.dispose();
});
