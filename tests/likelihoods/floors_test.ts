/** Learned variances and scales have lower limits; the groups of a mixed likelihood are independent. */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import type { LikelihoodInput } from "../../src/distributions/likelihoods/options.ts";
import { deviceOf, EXECUTORS } from "../util/executors.ts";
import { constantModel, evaluateLikelihood } from "./probe.ts";

/** A likelihood with a lower limit, the parameter that it limits, and the logarithm of the limit. */
const FLOORS: readonly (readonly [LikelihoodInput, parameter: string, floor: number])[] = [
  [{ type: "gaussian", minVariance: 0.01 }, "likelihood.logVar", Math.log(0.01)],
  [{ type: "gaussian", variance: "optimal", minVariance: 0.5 }, "likelihood.logVar", Math.log(0.5)],
  [
    { type: "gaussian", variance: "perRow", minVariance: 0.01 },
    "decoder.logVar.bias",
    Math.log(0.01),
  ],
  [{ type: "logNormal", minVariance: 0.02 }, "likelihood.logVar", Math.log(0.02)],
  [{ type: "contaminatedGaussian", minVariance: 0.01 }, "likelihood.logVar", Math.log(0.01)],
  [{ type: "laplace", minScale: 0.1 }, "likelihood.logScale", Math.log(0.1)],
  [{ type: "studentT", minScale: 0.1 }, "likelihood.logScale", Math.log(0.1)],
];

for (const executor of EXECUTORS) {
  Deno.test(`a parameter below the limit counts as the limit, and has no slope, on ${executor.label}`, () => {
    for (const [likelihood, parameter, floor] of FLOORS) {
      const at = (value: number) =>
        evaluateLikelihood(
          executor,
          likelihood,
          { "decoder.mean.bias": [1], [parameter]: [value] },
          [[1.25], [3]],
        );
      const what = `${likelihood.type} ${parameter}`;
      assert.deepEqual(at(floor - 3).logProb, at(floor - 0.1).logProb, what);
      assert.notDeepEqual(at(floor + 0.1).logProb, at(floor - 0.1).logProb, what);
      assert.deepEqual([...at(floor - 3).gradients[parameter]], [0], what);
    }
  });

  Deno.test(`a batch that is fitted exactly has finite derivatives, on ${executor.label}`, async () => {
    const parameters = { "decoder.mean.bias": [0.5, -2] };
    const vae = constantModel({ type: "gaussian", variance: "optimal" }, parameters, 2, executor);
    const rows = [[0.5, -2], [0.5, -2]], noise = [[0.1], [-1]];
    const { loss, gradients } = await vae.lossAndGradients(rows, { noise });
    assert.ok(Number.isFinite(loss));
    for (const [name, { data }] of gradients) assert.ok(data.every(Number.isFinite), name);
    vae.dispose();
  });
}

Deno.test("the groups of a mixed likelihood are drawn independently, and cost as much as alone", async () => {
  const group = { type: "gaussian", variance: 1, count: 2 } as const;
  const likelihood = { type: "mixed", columns: [group, group] } as const;
  const bias = { "decoder.group0.mean.bias": [0, 5], "decoder.group1.mean.bias": [0, 5] };
  const mixed = constantModel(likelihood, bias, 4);
  const { data } = await mixed.sample(500, { seed: 2 });
  const columns = [0, 1, 2, 3].map((c) => data.filter((_, i) => i % 4 === c));
  // Independent standard normals: the mean product has a standard error of 1/√500.
  const product = columns[0].reduce((sum, value, r) => sum + value * columns[2][r], 0) / 500;
  assert.ok(Math.abs(product) < 4.5 / Math.sqrt(500), `correlation ${product}`);

  const alone = VAE.create({
    inputs: 2,
    latent: [{ size: 1 }],
    likelihood: { type: "gaussian", variance: 1 },
  }, deviceOf(EXECUTORS[0]));
  alone.setParameters(
    new Map([
      ["decoder.mean.weight", { data: [0, 0] }],
      ["decoder.mean.bias", { data: [0, 5] }],
    ]),
  );
  const rows = [[0.5, 4, -1, 7]];
  const method = "reconstruction";
  const [whole] = await mixed.score(rows, { method });
  const [left] = await alone.score([rows[0].slice(0, 2)], { method });
  const [right] = await alone.score([rows[0].slice(2)], { method });
  assert.ok(Math.abs(whole - left - right) < 1e-6);
  for (const vae of [mixed, alone]) vae.dispose();
});
