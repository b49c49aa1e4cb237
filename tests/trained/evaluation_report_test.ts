/**
 * What `evaluate` reports besides the bounds. Oracles: ln p(x) of a linear Gaussian model in closed form; dimensions
 * that are active by construction.
 */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { assertRelative } from "../util/close.ts";
import { EXECUTORS, REFERENCE } from "../util/executors.ts";
import { EXACT, linearModel, parametersWith, X } from "../util/linear_model.ts";

for (const executor of EXECUTORS) {
  Deno.test(`plain Monte Carlo over the prior reaches ln p(x), on ${executor.label}`, async () => {
    const vae = linearModel(parametersWith(0), executor);
    const { priorLogLikelihood } = await vae.evaluate([X, X], { priorSamples: 40_000, seed: 4 });
    // E[w²]/E[w]² is below 30 for this row, so the standard error with 40,000 draws is 0.027; three of them.
    for (const value of priorLogLikelihood!) assertRelative(value, EXACT, 0, 0.08, "ln p(x)");
    assert.notEqual(priorLogLikelihood![0], priorLogLikelihood![1]);
    const few = await vae.evaluate(new Array(500).fill(X), { priorSamples: 1, seed: 4 });
    const mean = few.priorLogLikelihood!.reduce((sum, value) => sum + value / 500, 0);
    assert.ok(mean < EXACT - 1, "one draw each: far below");
    assert.ok(!("priorLogLikelihood" in await vae.evaluate([X])));
    vae.dispose();
  });
}

Deno.test("Monte Carlo over the prior draws every layer", async () => {
  const vae = VAE.create({
    inputs: 4,
    latent: [{ size: 2 }, { size: 1 }],
    likelihood: { type: "gaussian", variance: 1 },
  }, { backend: "reference" });
  // z_1 ~ N(0, 1), z_0 = N((z_1, 0), e^-30), x = N((z_0, 0, 0), I): x_0 has variance 2, the others 1.
  const set: Readonly<Record<string, number[]>> = {
    "decoder1.mean.weight": [1, 0],
    "decoder1.logVar.bias": [-30, -30],
    "decoder.mean.weight": [1, 0, 0, 0, 0, 1, 0, 0],
  };
  const zeros = [...vae.parameters()].map(([name, { data }]) =>
    [name, { data: set[name] ?? data.map(() => 0) }] as const
  );
  vae.setParameters(new Map(zeros));
  const { priorLogLikelihood } = await vae.evaluate([[1, 0.5, 0, -1]], { priorSamples: 20_000 });
  const want = -0.5 * (4 * Math.log(2 * Math.PI) + Math.log(2) + 1 / 2 + 0.25 + 1);
  // The standard deviation of weights is below their mean: 0.007 over 20,000 draws, four of them.
  assertRelative(priorLogLikelihood![0], want, 0, 0.03, "ln p(x)");
  vae.dispose();
});

Deno.test("active units are those whose posterior mean varies over the rows", async () => {
  const vae = linearModel(parametersWith(0), REFERENCE);
  const rows = [X, X.map((value) => value + 1), X.map((value) => -value)];
  assert.equal((await vae.evaluate(rows)).activeUnits, 2);
  assert.equal((await vae.evaluate([X, X])).activeUnits, 0);
  const weight = vae.parameters().get("encoder.mean.weight")!.data;
  const first = weight.map((value, i) => i % 2 === 0 ? value : value / 100);
  vae.setParameters(new Map([["encoder.mean.weight", { data: first }]]));
  assert.equal((await vae.evaluate(rows)).activeUnits, 1);
  vae.dispose();
});
