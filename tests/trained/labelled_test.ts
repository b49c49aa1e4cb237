/**
 * A model with a class, on rows that may lack it, outside training. Oracles: the evidence of a mixture of linear
 * Gaussian models in closed form, where q is the posterior; sums over the classes of the results of a conditional model
 * that knows no labels; integrals over z.
 */
import assert from "node:assert/strict";
import { oneHot } from "../../mod.ts";
import { createApp } from "../../src/http/mod.ts";
import { assertRelative } from "../util/close.ts";
import { EXECUTORS } from "../util/executors.ts";
import { BITS, labelledPair } from "../util/labelled_pair.ts";
import {
  CLASSES,
  labelledModel,
  LATENT,
  logDensities,
  logEvidence,
} from "../util/labelled_model.ts";
import { doubleExponential } from "../util/quadrature.ts";

const X = [[1.5, -0.25, 0.75, 1], [0, 0.5, 0.25, 1], [-1, 0.5, 1, 0.25]];
const LABELS = [1, -1, 2];

for (const executor of EXECUTORS) {
  // Sums of some hundred terms below 20 nats each; the rest is parameters rounded to float32, 2^-24.
  const tolerance = executor.backend === "reference" ? 1e-5 : 2e-4;

  Deno.test(`if q is the posterior, evaluate() gives ln p(x) and ln p(x, y), on ${executor.label}`, async () => {
    const vae = labelledModel(executor);
    const evidence = X.map(logEvidence);
    const known = X.map((x, r) =>
      LABELS[r] < 0 ? evidence[r] : logDensities(x)[LABELS[r]] - Math.log(CLASSES)
    );
    const condition = oneHot(LABELS, CLASSES);
    const cases = [
      { of: await vae.evaluate(X, { samples: 70 }), want: evidence },
      { of: await vae.evaluate(X, { samples: 70, condition }), want: known },
    ];
    for (const { of, want } of cases) {
      assertRelative(of.logLikelihood, want, 0, tolerance, "ln p");
      assert.equal(of.klForm, "closed");
      assert.equal(of.klPerDimension.length, LATENT);
      const whole = of.klPerLayer[0] + of.klOfClass!;
      const mean = of.kl.reduce((a, b) => a + b) / X.length;
      assertRelative(whole, mean, 1e-12, 0, "the parts of the KL");
    }
    // The bound is ln p(x) up to the noise of the draws: its quadratic terms have the mean of the draws.
    const { elbo } = await vae.evaluate(X, { samples: 20_000 });
    evidence.forEach((want, r) => assert.ok(Math.abs(elbo[r] - want) < 0.05, `${elbo[r]} ${want}`));
    vae.dispose();
  });
}

Deno.test("score(), encode() and reconstruct() of x alone are sums over the classes", async () => {
  const { labelled, plain } = labelledPair();
  const { data: q } = await labelled.classify(BITS);
  const perClass = await Promise.all([0, 1].map(async (y) => {
    const condition = oneHot(BITS.map(() => y), 2);
    const { mean, logVar } = await plain.encode(BITS, { condition });
    const made = await plain.reconstruct(BITS, { condition });
    return { score: await plain.score(BITS, { condition }), mean, logVar, made, condition };
  }));
  const score = await labelled.score(BITS), { mean, logVar } = await labelled.encode(BITS);
  const { data: made } = await labelled.reconstruct(BITS);
  BITS.forEach((_, r) => {
    const share = [q[2 * r], q[2 * r + 1]];
    const over = (of: (y: number) => number) => share[0] * of(0) + share[1] * of(1);
    const minusU = over((y) => perClass[y].score[r] + Math.log(2) + Math.log(share[y]));
    // The compared values were returned as float32.
    assertRelative(score[r], minusU, 2e-6, 0, `-U of row ${r}`);
    const middle = over((y) => perClass[y].mean.data[r]);
    assertRelative(mean.data[r], middle, 1e-5, 1e-6, "mean");
    const variance = over((y) =>
      Math.exp(perClass[y].logVar.data[r]) + (perClass[y].mean.data[r] - middle) ** 2
    );
    assertRelative(logVar.data[r], Math.log(variance), 1e-5, 1e-6, "logVar");
    assertRelative(made[2 * r], over((y) => perClass[y].made.data[2 * r]), 1e-5, 0, "E[x | z]");
  });
  const { condition, score: known } = perClass[1];
  const given = await labelled.score(BITS, { condition });
  assertRelative(given, known.map((nats) => nats + Math.log(2)), 2e-6, 0, "-L(x, y)");
  const single = new Float64Array(1);
  labelled.scoreInto(Float32Array.from(BITS[2]), single);
  assert.equal(single[0], score[2], "scoreInto() of x alone");
  await assert.rejects(labelled.samplePosterior(BITS), /row 1 needs its class/);
  await assert.rejects(
    labelled.score(BITS, { condition: [[1, 1], [0, 0], [0, 0], [0, 0]] }),
    /condition of row 1: expected a one-hot class, or zeros/,
  );
  labelled.dispose();
  plain.dispose();
});

Deno.test("importance-sampled ln p(x) of x alone is the integral over z, summed over the classes", async () => {
  const { labelled, plain } = labelledPair();
  // Wider than the prior, so that weights are bounded and have a meaningful standard error.
  const logVar = labelled.parameters().get("encoder.logVar.weight")!.data;
  labelled.setParameters(
    new Map([
      ["encoder.logVar.weight", { data: logVar.fill(0) }],
      ["encoder.logVar.bias", { data: Float32Array.of(0.5) }],
    ]),
  );
  const { x: z, weights } = doubleExponential("real", { reach: 2.2, step: 1 / 32 });
  const samples = 4000;
  const { logLikelihood, effectiveSamples, elbo } = await labelled.evaluate(BITS, { samples });
  for (const [r, x] of BITS.entries()) {
    let evidence = 0;
    for (const y of [0, 1]) {
      const condition = oneHot(z.map(() => y), 2);
      const { data } = await plain.decode(z.map((value) => [value]), { condition });
      z.forEach((value, i) => {
        const p = x.reduce((a, bit, d) => a * (bit ? data[2 * i + d] : 1 - data[2 * i + d]), 1);
        evidence += weights[i] * p * Math.exp(-value * value / 2) / Math.sqrt(2 * Math.PI) / 2;
      });
    }
    const error = logLikelihood[r] - Math.log(evidence);
    const standardError = Math.sqrt(1 / effectiveSamples[r] - 1 / samples);
    assert.ok(Math.abs(error) <= 4 * standardError, `${error} ± ${standardError}`);
    assert.ok(elbo[r] < Math.log(evidence), "U(x) is a bound");
  }
  labelled.dispose();
  plain.dispose();
});

Deno.test("HTTP scores, encodes and reconstructs x alone, and x followed by its class", async () => {
  const { labelled } = labelledPair();
  const app = createApp({ models: { m: labelled } });
  const ask = async (verb: string, rows: unknown, more = {}) => {
    const answer = await app.request(`/v1/models/m/${verb}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ rows, ...more }),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()).rows;
  };
  const score = [...await labelled.score(BITS)];
  const scored = await ask("score", BITS);
  assert.deepEqual(scored.map((row: { score: number }) => row.score), score);
  const [named] = await ask("score", [{ x0: 1, x1: 0 }]);
  assert.equal(named.score, score[2]);
  const condition = oneHot(BITS.map(() => 1), 2);
  const known = await ask("score", BITS.map((x) => [...x, 0, 1]));
  assert.deepEqual(known.map((row: { score: number }) => row.score), [
    ...await labelled.score(BITS, { condition }),
  ]);
  const { mean } = await labelled.encode(BITS);
  const encoded = await ask("encode", BITS);
  assert.deepEqual(encoded.flatMap((row: { mean: number[] }) => row.mean), [...mean.data]);
  assert.deepEqual((await ask("reconstruct", BITS)).flat(), [
    ...(await labelled.reconstruct(BITS)).data,
  ]);
  const [{ logLikelihood }] = await ask("log-likelihood", [BITS[0]], { samples: 50 });
  assert.equal(logLikelihood, (await labelled.logLikelihood([BITS[0]], { samples: 50 }))[0]);
  labelled.dispose();
});
