/**
 * Conditional models: both networks get the condition after their input, and every call takes it, requires it, and
 * refuses an invalid one. Oracle: a linear model, whose outputs are sums computed here.
 */
import assert from "node:assert/strict";
import { oneHot, VAE } from "../../mod.ts";
import { assertCloseReduction, assertRelative } from "../util/close.ts";
import { normals, planeRows } from "../util/data.ts";
import { REFERENCE } from "../util/executors.ts";
import { CENTRES, labelledModel, logDensities } from "../util/labelled_model.ts";

const INPUTS = 3, CONDITION = 2, LATENT = 2;
const SPEC = {
  inputs: INPUTS,
  condition: CONDITION,
  latent: [{ size: LATENT }],
  likelihood: { type: "gaussian", variance: 0.5 },
} as const;
const X = planeRows(9, INPUTS, 3).map((row) => row.map(Math.fround));
const C = X.map((_, r) => normals(CONDITION, 40 + r).map(Math.fround));

/** [a | b] · W + bias. */
function affine(row: readonly number[], vae: VAE, layer: string): number[] {
  const weight = vae.parameters().get(`${layer}.weight`)!;
  const [inputs, outputs] = weight.shape;
  assert.equal(row.length, inputs);
  return Array.from({ length: outputs }, (_, o) => {
    const bias = vae.parameters().get(`${layer}.bias`)!.data[o];
    return row.reduce((sum, value, i) => sum + value * weight.data[i * outputs + o], bias);
  });
}

/** At most six products of numbers below 4 and weights below 1.5. */
const near = (got: ArrayLike<number>, want: ArrayLike<number>, what: string) =>
  assertCloseReduction(got, want, 36, 6, what);

Deno.test("encode() and decode() use [x | c] and [z | c]", async () => {
  const vae = VAE.create(SPEC, { seed: 2 });
  const { mean } = await vae.encode(X, { condition: C });
  const want = X.map((x, r) => affine([...x, ...C[r]], vae, "encoder.mean"));
  near(mean.data, want.flat(), "mean");
  const decoded = await vae.decode(mean, { condition: C });
  const back = want.map((z, r) => affine([...z, ...C[r]], vae, "decoder.mean"));
  near(decoded.data, back.flat(), "E[x | z, c]");
  assert.deepEqual(await vae.reconstruct(X, { condition: C }), decoded);
  vae.dispose();
});

Deno.test("rows may end with their condition", async () => {
  const vae = VAE.create(SPEC, { seed: 2 });
  const whole = X.map((x, r) => [...x, ...C[r]]);
  const flat = { data: Float32Array.from(whole.flat()), shape: [X.length, 5] } as const;
  const condition = C;
  for (const rows of [whole, flat]) {
    assert.deepEqual(await vae.encode(rows), await vae.encode(X, { condition }));
    assert.deepEqual(await vae.score(rows), await vae.score(X, { condition }));
    const options = { samples: 3, seed: 1 };
    assert.deepEqual(
      await vae.evaluate(rows, options),
      await vae.evaluate(X, { ...options, condition }),
    );
    assert.deepEqual(await vae.gaps(rows, options), await vae.gaps(X, { ...options, condition }));
  }
  const other = VAE.create(SPEC, { seed: 2 });
  await vae.fit(whole, { epochs: 2 });
  await other.fit(X, { epochs: 2, condition });
  assert.deepEqual(vae.save(), other.save());
  vae.dispose();
  other.dispose();
});

Deno.test("sample() takes the condition of each draw", async () => {
  const vae = VAE.create(SPEC, { seed: 2 });
  // If weights on z are zero, the mean of a draw depends only on its condition.
  const weight = vae.parameters().get("decoder.mean.weight")!.data.fill(0, 0, LATENT * INPUTS);
  vae.setParameters(new Map([["decoder.mean.weight", { data: weight }]]));
  const count = 300; // more than one run takes
  const condition = Array.from({ length: count }, (_, i) => [i / 100, -i / 200].map(Math.fround));
  const { data } = await vae.sample(count, { condition, mean: true, seed: 3 });
  const want = condition.map((c) => affine([0, 0, ...c], vae, "decoder.mean"));
  near(data, want.flat(), "mean draws");
  vae.dispose();
});

Deno.test("score(), scoreInto() and evaluate() agree on a conditional row", async () => {
  const vae = VAE.create(SPEC, { seed: 2 });
  const scores = await vae.score(X, { condition: C });
  const out = new Float64Array(1);
  X.forEach((x, r) => {
    vae.scoreInto(Float32Array.from([...x, ...C[r]]), out);
    assert.equal(out[0], scores[r]);
  });
  const moved = await vae.score(X, { condition: C.map((row) => row.map((value) => value + 1)) });
  assert.ok(moved.every((score, r) => score !== scores[r]));
  const { kl } = await vae.evaluate(X, { condition: C, samples: 3 });
  const divergence = await vae.score(X, { condition: C, method: "kl" });
  near(kl, divergence, "KL");
  vae.dispose();
});

Deno.test("fit() learns from the condition what x alone does not tell", async () => {
  // The condition is the row itself, so that z has nothing to encode; then it is all zeros.
  const rows = planeRows(200, INPUTS, 8, 0.05);
  const fitted = async (condition: number[][]) => {
    const vae = VAE.create({ ...SPEC, condition: INPUTS }, { seed: 1 });
    const { history } = await vae.fit(rows, {
      condition,
      epochs: 60,
      validation: 0.1,
      optimizer: { type: "adam", learningRate: 0.02 },
    });
    vae.dispose();
    return history.at(-1)!;
  };
  const told = await fitted(rows);
  const untold = await fitted(rows.map((row) => row.map(() => 0)));
  assert.ok(told.elbo > untold.elbo && told.kl < 0.5 * untold.kl);
  assert.ok(told.validationElbo! > untold.validationElbo!);
});

Deno.test("lossAndGradients() has a gradient for the weights of the condition", async () => {
  const vae = VAE.create(SPEC, { seed: 2 });
  const noise = X.map((_, r) => normals(LATENT, 70 + r));
  const { gradients } = await vae.lossAndGradients(X, { noise, condition: C });
  const { data, shape } = gradients.get("decoder.mean.weight")!;
  assert.deepEqual(shape, [LATENT + CONDITION, INPUTS]);
  assert.ok(data.subarray(LATENT * INPUTS).every((value) => value !== 0));
  vae.dispose();
});

Deno.test("a missing or superfluous condition, or one of another size, is refused with the reason", async () => {
  const vae = VAE.create(SPEC), plain = VAE.create({ ...SPEC, condition: 0 });
  const calls: ((model: VAE, options: { condition?: number[][] }) => Promise<unknown>)[] = [
    (model, options) => model.encode(X, options),
    (model, options) => model.decode(X.map(() => [0, 0]), options),
    (model, options) => model.reconstruct(X, options),
    (model, options) => model.sample(X.length, options),
    (model, options) => model.score(X, options),
    (model, options) => model.elbo(X, options),
    (model, options) => model.logLikelihood(X, options),
    (model, options) => model.fit(X, options),
    (model, options) => model.lossAndGradients(X, { noise: X.map(() => [0, 0]), ...options }),
  ];
  for (const call of calls) {
    await assert.rejects(
      call(vae, {}),
      /condition: the model needs one of 2 columns, got none/,
    );
    await assert.rejects(call(plain, { condition: C }), /condition: the model takes none/);
    await assert.rejects(call(vae, { condition: C.slice(1) }), /condition: expected 9 rows, .* 8/);
  }
  vae.dispose();
  plain.dispose();
});

Deno.test("a linear model with a class: ln p(x, y) and the mean of its draws in closed form", async () => {
  const vae = labelledModel(REFERENCE);
  const x = [1.5, -0.25, 0.75, 1];
  for (const [y, centre] of CENTRES.entries()) {
    // q is the posterior up to the float32 of its parameters: one draw gives ln p(x, y), with p(y) uniform.
    const [nats] = await vae.logLikelihood([x], {
      condition: oneHot([y], CENTRES.length),
      samples: 1,
    });
    const joint = logDensities(x)[y] - Math.log(CENTRES.length);
    assertRelative(nats, joint, 0, 1e-4, `ln p(x, ${y})`);
    const count = 20_000, condition = oneHot(new Array(count).fill(y), CENTRES.length);
    const { data } = await vae.sample(count, { condition, seed: 6 });
    const means = centre.map((_, d) =>
      data.reduce((sum, value, i) => i % centre.length === d ? sum + value / count : sum, 0)
    );
    // Standard deviations are below 1.3: 0.01 over the draws, times four.
    assertRelative(means, centre, 0, 0.04, `mean of class ${y}`);
  }
  const loaded = await VAE.load(vae.save(), { backend: "reference" });
  const condition = oneHot([2, 0], CENTRES.length);
  assert.deepEqual(await loaded.sample(2, { condition }), await vae.sample(2, { condition }));
  for (const each of [vae, loaded]) each.dispose();
});
