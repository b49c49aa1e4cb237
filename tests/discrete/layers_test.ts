/**
 * A categorical layer on top of a Gaussian one: q(z0 | x) q(c | z0), p(c) p(z0 | c) p(x | z0). A hard c gets its
 * gradient by score function, while z0 lets gradients pass, also on their way to ln q(c | z0). Oracle: the exact ELBO,
 * a sum over c and an integral over z0, and its central differences.
 */
import assert from "node:assert/strict";
import { type ModelSpecInput, VAE } from "../../mod.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { deviceOf, REFERENCE } from "../util/executors.ts";
import { logSumExp } from "../util/discrete_model.ts";
import { doubleExponential } from "../util/quadrature.ts";
import { estimate, logNormal } from "../util/statistics.ts";

const FOUR = 4;
const VARIANCE = 0.25, X = 0.75;

const SPEC: ModelSpecInput = {
  inputs: 1,
  latent: [{ size: 1 }, { type: "categorical", variables: 1, classes: 2, relaxation: "none" }],
  likelihood: { type: "gaussian", variance: VARIANCE },
};

/** In the order of `bound`. */
const PARAMETERS: Readonly<Record<string, readonly number[]>> = {
  "encoder.mean.weight": [0.5],
  "encoder.mean.bias": [0.25],
  "encoder.logVar.weight": [0.25],
  "encoder.logVar.bias": [-1],
  "encoder1.logits.weight": [1, -0.5],
  "encoder1.logits.bias": [0.25, 0],
  "decoder1.mean.weight": [1, -1],
  "decoder1.mean.bias": [0.125],
  "decoder1.logVar.weight": [-0.5, 0.25],
  "decoder1.logVar.bias": [0],
  "decoder.mean.weight": [0.75],
  "decoder.mean.bias": [0.1],
};

const NODES = doubleExponential("real");

/** E_q[ln p(x, z0, c) - ln q(z0, c)], nats. */
function exactElbo(parameters: typeof PARAMETERS): number {
  const at = (name: string, i = 0) => parameters[name][i];
  const line = (name: string, x: number, i = 0) => at(`${name}.weight`, i) * x + at(`${name}.bias`);
  const mean = line("encoder.mean", X), logVar = line("encoder.logVar", X);
  return NODES.x.reduce((sum, z, n) => {
    const logQ = logNormal(z, mean, logVar);
    // The rest is below float64's resolution.
    if (Math.exp(logQ) === 0) return sum;
    const logits = [0, 1].map((c) =>
      at("encoder1.logits.weight", c) * z + at("encoder1.logits.bias", c)
    );
    const total = logSumExp(logits);
    const logX = logNormal(X, line("decoder.mean", z), Math.log(VARIANCE));
    const inner = [0, 1].reduce((innerSum, c) => {
      const p = logNormal(z, line("decoder1.mean", 1, c), line("decoder1.logVar", 1, c));
      const q = logits[c] - total;
      return innerSum + Math.exp(q) * (logX + p - Math.LN2 - logQ - q);
    }, 0);
    return sum + NODES.weights[n] * Math.exp(logQ) * inner;
  }, 0);
}

Deno.test("gradients of a hard layer on top of a continuous one have the exact mean", async () => {
  const vae = VAE.create(SPEC, deviceOf(REFERENCE));
  vae.setParameters(new Map(Object.entries(PARAMETERS).map(([name, data]) => [name, { data }])));
  const rows = 100, samples = 2, draws = rows * samples, steps = 200;
  const losses: number[] = [];
  const runs: Map<string, { data: Float64Array }>[] = [];
  for (let step = 0; step < steps; step++) {
    const random = new HostRandom(3, step, 98);
    const uniform = () => (Math.floor(random.uniformF64() * 2 ** 24) + 0.5) / 2 ** 24;
    const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    const matrix = (cols: number, value: () => number) => ({
      data: Float32Array.from({ length: draws * cols }, value),
      shape: [draws, cols] as const,
    });
    const { loss, gradients } = await vae.lossAndGradients(
      Array.from({ length: rows }, () => [X]),
      {
        noise: new Map([["noise.0", matrix(1, normal)], ["noise.1.uniform", matrix(2, uniform)]]),
        objective: { type: "reinforce", samples },
      },
    );
    losses.push(loss);
    runs.push(gradients);
  }
  const h = 1e-4;
  for (const [name, values] of Object.entries(PARAMETERS)) {
    values.forEach((value, i) => {
      const at = (by: number) => exactElbo({ ...PARAMETERS, [name]: values.with(i, value + by) });
      const want = -(at(h) - at(-h)) / (2 * h);
      const { mean, standardError } = estimate(runs.map((run) => run.get(name)!.data[i]));
      assert.ok(
        Math.abs(mean - want) <= FOUR * standardError + 1e-6,
        `${name}[${i}]: ${mean} ± ${standardError}, exactly ${want}`,
      );
    });
  }
  const loss = estimate(losses);
  assert.ok(Math.abs(loss.mean + exactElbo(PARAMETERS)) < FOUR * loss.standardError);
  vae.dispose();
});

Deno.test("a categorical layer can be on top, in both directions of q", async () => {
  for (const inference of ["bottomUp", "ladder"] as const) {
    const latent = [
      { size: 2 },
      { type: "categorical" as const, variables: 2, classes: 3, encoder: { hidden: [4] } },
    ];
    const vae = VAE.create({ inputs: 3, latent, inference }, { seed: 2 });
    const rows = [[0.1, 0.2, 0.3], [1, -1, 0.5]];
    const { history } = await vae.fit(rows, { epochs: 3, batchSize: 2 });
    assert.ok(history.every(({ elbo }) => Number.isFinite(elbo)));
    const evaluation = await vae.evaluate(rows, { samples: 5 });
    assert.equal(evaluation.klForm, "sampled");
    assert.deepEqual((await vae.sample(4, { seed: 1 })).shape, [4, 3]);
    vae.dispose();
  }
});
