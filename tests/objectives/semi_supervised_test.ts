/**
 * The bound of rows that may lack their class. Oracles: the evidence of a mixture of linear Gaussian models in closed
 * form, where q is the posterior; sums over the classes with a conditional VAE that knows no labels; integrals over z;
 * central differences.
 */
import assert from "node:assert/strict";
import { oneHot, VAE } from "../../mod.ts";
import { normalQuantile } from "../../src/core/probability/normal_quantile.ts";
import { assertRelative } from "../util/close.ts";
import { normals } from "../util/data.ts";
import { EXECUTORS, REFERENCE } from "../util/executors.ts";
import { BITS, labelledPair, PAIR_SPEC } from "../util/labelled_pair.ts";
import {
  CENTRES,
  CLASSES,
  labelledModel,
  LATENT,
  logDensities,
  logEvidence,
} from "../util/labelled_model.ts";
import { doubleExponential } from "../util/quadrature.ts";

const X = [[1.5, -0.25, 0.75, 1], [0, 0.5, 0.25, 1], [-1, 0.5, 1, 0.25]];

/** Draws at ±√L on each axis: with equal weights, quadratic functions have their mean under a normal. */
const CUBATURE = [0, 1].flatMap((axis) =>
  [1, -1].map((sign) => [0, 1].map((l) => l === axis ? sign * Math.SQRT2 : 0))
);

for (const executor of EXECUTORS) {
  // Sums of some hundred terms below 20 nats each; the rest is parameters rounded to float32, 2^-24.
  const tolerance = executor.backend === "reference" ? 1e-6 : 2e-4;

  Deno.test(`if q is the posterior, U(x) is ln p(x) and L(x, y) is ln p(x, y), on ${executor.label}`, async () => {
    const vae = labelledModel(executor);
    const noise = X.flatMap(() => CENTRES.flatMap(() => CUBATURE));
    const lossOf = async (labels: (number | null)[], alpha: number) => {
      const objective = { type: "semiSupervised", samples: CUBATURE.length, alpha } as const;
      return (await vae.lossAndGradients(X, { noise, labels, objective })).loss;
    };
    const evidence = X.map(logEvidence);
    const joint = X.map((x) => logDensities(x).map((nats) => nats - Math.log(CLASSES)));
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    assertRelative(await lossOf([null, -1, null], 7), -mean(evidence), 0, tolerance, "U");
    const known = joint.map((of, r) => of[(r + 1) % CLASSES]);
    assertRelative(await lossOf([1, 2, 0], 0), -mean(known), 0, tolerance, "L");
    // The class of one row in three is known: its L, and alpha times its surprise ln p(x) - ln p(x, y).
    const some = evidence.with(1, joint[1][2] - 2.5 * (evidence[1] - joint[1][2]));
    assertRelative(await lossOf([-1, 2, -1], 2.5), -mean(some), 0, tolerance, "mixed");
    vae.dispose();
  });

  Deno.test(`classify() gives p(y | x) on ${executor.label}`, async () => {
    const vae = labelledModel(executor);
    const { data, shape } = await vae.classify(X);
    assert.deepEqual(shape, [X.length, CLASSES]);
    const want = X.flatMap((x) =>
      logDensities(x).map((nats) => Math.exp(nats - logEvidence(x)) / 3)
    );
    assertRelative(data, want, tolerance, 0, "p(y | x)");
    vae.dispose();
  });
}

/** ln p(x, y) for each y, by integrating the output of `decode` over z. */
async function logJoint(plain: VAE, x: readonly number[]): Promise<number[]> {
  const { x: z, weights } = doubleExponential("real", { reach: 2.2, step: 1 / 32 });
  return await Promise.all([0, 1].map(async (y) => {
    const condition = oneHot(z.map(() => y), 2);
    const { data } = await plain.decode(z.map((value) => [value]), { condition });
    const sum = z.reduce((total, value, i) => {
      const p = x.reduce((a, bit, d) => a * (bit ? data[2 * i + d] : 1 - data[2 * i + d]), 1);
      return total + weights[i] * p * Math.exp(-value * value / 2) / Math.sqrt(2 * Math.PI);
    }, 0);
    return Math.log(sum / 2);
  }));
}

Deno.test("the bound is the sum over the classes of a conditional VAE, with the same draws", async () => {
  const { labelled, plain } = labelledPair();
  const samples = 3, labels = [-1, 1, null, 0];
  const noise = normals(BITS.length * 2 * samples, 7).map((value) => [Math.fround(value)]);
  const { data: q } = await labelled.classify(BITS);
  for (const beta of [1, 0.3]) {
    let want = 0;
    for (const [r, x] of BITS.entries()) {
      const bounds = await Promise.all([0, 1].map(async (y) => {
        const first = (2 * r + y) * samples;
        const { loss } = await plain.lossAndGradients([x], {
          noise: noise.slice(first, first + samples),
          condition: oneHot([y], 2),
          objective: { samples, beta },
        });
        return -loss - Math.log(2);
      }));
      const known = labels[r], of = q.subarray(2 * r, 2 * r + 2);
      want -= known === null || known === -1
        ? bounds.reduce((sum, bound, y) => sum + of[y] * (bound - Math.log(of[y])), 0)
        : bounds[known] + 1.5 * Math.log(of[known]);
    }
    const objective = { type: "semiSupervised", samples, alpha: 1.5, beta } as const;
    const { loss } = await labelled.lossAndGradients(BITS, { noise, labels, objective });
    // q was returned as float32.
    assertRelative(loss, want / BITS.length, 1e-6, 0, `loss with beta ${beta}`);
  }
  labelled.dispose();
  plain.dispose();
});

Deno.test("U(x) is below ln p(x) by the divergence of q from the posterior, both by integration", async () => {
  const { labelled, plain } = labelledPair();
  const samples = 2000;
  // Midpoints of equal shares of the normal: the mean over them is an integral, up to about 1 / samples.
  const points = Array.from({ length: samples }, (_, k) => [normalQuantile((k + 0.5) / samples)]);
  const { data: q } = await labelled.classify(BITS);
  let evidence = 0;
  for (const [r, x] of BITS.entries()) {
    const joint = await logJoint(plain, x);
    evidence += Math.exp(joint[0]) + Math.exp(joint[1]);
    const noise = [...points, ...points];
    const objective = { type: "semiSupervised", samples } as const;
    const { loss } = await labelled.lossAndGradients([x], { noise, labels: [-1], objective });
    const elbos = await Promise.all([0, 1].map(async (y) => {
      const given = { noise: points, condition: oneHot([y], 2), objective: { samples } };
      return -(await plain.lossAndGradients([x], given)).loss - Math.log(2);
    }));
    const of = [q[2 * r], q[2 * r + 1]];
    const gaps = elbos.map((elbo, y) => joint[y] - elbo);
    assert.ok(gaps.every((gap) => gap > -1e-3), "each L(x, y) is below ln p(x, y)");
    // ln p(x) - U(x) = KL(q(y | x) ‖ p(y | x)) + Σ q(y | x) (ln p(x, y) - L(x, y)).
    const total = Math.log(Math.exp(joint[0]) + Math.exp(joint[1]));
    const gap = of.reduce(
      (sum, p, y) => sum + p * (Math.log(p) - (joint[y] - total) + gaps[y]),
      0,
    );
    assert.ok(gap > 0);
    assertRelative(loss, gap - total, 0, 1e-5, "U(x)");
  }
  // Only four rows exist, and their probabilities sum to 1, so the integrals are right. Decoded values are float32.
  assertRelative(evidence, 1, 1e-6, 0, "Σ p(x)");
  labelled.dispose();
  plain.dispose();
});

Deno.test("its gradient is that of its loss, by central differences, for every parameter", async () => {
  const { labelled: vae } = labelledPair();
  const labels = [-1, 1, null, 0];
  const noise = normals(BITS.length * 2, 7).map((value) => [value]);
  const objective = { type: "semiSupervised", alpha: 1.5 } as const;
  const at = async () => await vae.lossAndGradients(BITS, { noise, labels, objective });
  const { gradients } = await at();
  for (const [name, { data: values }] of vae.parameters()) {
    for (let i = 0; i < values.length; i++) {
      const shifted = async (by: number) => {
        const data = values.slice();
        data[i] += by;
        vae.setParameters(new Map([[name, { data }]]));
        return { at: data[i], loss: (await at()).loss };
      };
      // The step as float32 represents it; truncation is of order h² = 4e-6 times third derivatives.
      const above = await shifted(2 ** -9), below = await shifted(-(2 ** -9));
      vae.setParameters(new Map([[name, { data: values }]]));
      const slope = (above.loss - below.loss) / (above.at - below.at);
      assertRelative(gradients.get(name)!.data[i], slope, 1e-3, 1e-5, `${name}[${i}]`);
    }
  }
  vae.dispose();
});

Deno.test("labels, and their objective, are refused for other models", async () => {
  const vae = labelledModel(REFERENCE),
    plain = VAE.create({ inputs: 4, latent: [{ size: LATENT }] });
  const labels = [0, 1, 2];
  await assert.rejects(vae.fit(X), /labels: the model has a classifier and needs them/);
  await assert.rejects(
    vae.fit(X, { labels: [0, 3, 1] }),
    /label of row 2: expected a class from 0 to 2/,
  );
  await assert.rejects(vae.fit(X, { labels: [0, 1] }), /condition: expected 3 rows/);
  await assert.rejects(
    vae.fit(X, { condition: oneHot(labels, 3) }),
    /condition: a model with a classifier takes labels/,
  );
  await assert.rejects(
    vae.fit(X, { labels, objective: { type: "elbo" } }),
    /objective.type: expected "semiSupervised"/,
  );
  await assert.rejects(plain.fit(X, { labels }), /labels: the model has no classifier/);
  await assert.rejects(
    plain.fit(X, { objective: { type: "semiSupervised" } }),
    /objective.type: expected "elbo"/,
  );
  await assert.rejects(plain.classify(X), /the model has no classifier/);
  assert.throws(
    () => VAE.create({ ...PAIR_SPEC, condition: 0, classifier: {} }),
    /a model with a classifier: must be at least 2/,
  );
  const optimal = VAE.create({
    ...PAIR_SPEC,
    classifier: {},
    likelihood: { type: "gaussian", variance: "optimal" },
  });
  await assert.rejects(
    optimal.fit([[0, 1]], { labels: [0] }),
    /a classifier cannot have the variance "optimal"/,
  );
  for (const each of [vae, plain, optimal]) each.dispose();
});
