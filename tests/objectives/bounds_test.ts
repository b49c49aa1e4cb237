/**
 * The importance-weighted and the Rényi bound as training objectives, on a linear Gaussian model whose ln p(x) is
 * known, and against each other: iwae with one draw is the ELBO of that draw, renyi is iwae at α = 0 and the ELBO at α
 * = 1; the bound rises with K to ln p(x), and falls with α.
 */
import assert from "node:assert/strict";
import type { ObjectiveInput } from "../../mod.ts";
import { assertRelative } from "../util/close.ts";
import { EXECUTORS, REFERENCE } from "../util/executors.ts";
import { linearElbo } from "../util/linear_gaussian.ts";
import { EXACT, linearModel, parametersWith, VARIANCE, X } from "../util/linear_model.ts";
import { drawNoise } from "../util/probe.ts";
import { estimate, STANDARD_ERRORS } from "../util/statistics.ts";

const LATENT = 2;
/** A posterior that is too wide: weights vary, and every bound is below ln p(x). */
const WIDE = parametersWith(1.2);

type Run = { readonly objective: ObjectiveInput; readonly rows?: number; readonly step?: number };

for (const executor of EXECUTORS) {
  const run = async (model: ReturnType<typeof linearModel>, { objective, rows = 5, step }: Run) => {
    const samples = objective.samples!;
    const data = drawNoise(executor, { rows, latent: LATENT, samples, seed: 9, step });
    const x = Array.from({ length: rows }, (_, r) => X.map((value) => value + 0.25 * r));
    return await model.lossAndGradients(x, {
      noise: { data, shape: [rows * samples, LATENT] },
      objective,
    });
  };
  const same = (a: Awaited<ReturnType<typeof run>>, b: typeof a, what: string) => {
    // Sums of a few dozen terms of up to 100 nats that cancel, in either order.
    const tolerance = 64 * executor.unitRoundoff;
    assertRelative(a.loss, b.loss, tolerance, 100 * tolerance, `${what}: loss`);
    for (const [name, { data }] of b.gradients) {
      const got = a.gradients.get(name)!.data;
      assertRelative(got, data, tolerance, 100 * tolerance, `${what}: ${name}`);
    }
  };

  Deno.test(`iwae with one draw is the ELBO of that draw, on ${executor.label}`, async () => {
    const model = linearModel(WIDE, executor);
    const elbo = await run(model, { objective: { type: "elbo", samples: 1, kl: "monteCarlo" } });
    same(await run(model, { objective: { type: "iwae", samples: 1 } }), elbo, "standard");
    const stl = await run(model, { objective: { type: "elbo", samples: 1, estimator: "stl" } });
    for (const estimator of ["stl", "dreg"] as const) {
      same(
        await run(model, { objective: { type: "iwae", samples: 1, estimator } }),
        stl,
        estimator,
      );
    }
    model.dispose();
  });

  Deno.test(`renyi is iwae at α = 0 and the ELBO at α = 1, on ${executor.label}`, async () => {
    const model = linearModel(WIDE, executor);
    const samples = 6;
    const renyi = (alpha: number) => run(model, { objective: { type: "renyi", samples, alpha } });
    same(await renyi(0), await run(model, { objective: { type: "iwae", samples } }), "α = 0");
    const elbo = { objective: { type: "elbo", samples, kl: "monteCarlo" } } as const;
    same(await renyi(1), await run(model, elbo), "α = 1");
    const losses = await Promise.all([-20, -1, 0, 0.5, 0.99, 1, 1.01, 2, 20].map(async (alpha) => {
      return (await renyi(alpha)).loss;
    }));
    // A power mean of fixed weights rises with its power 1 - α, so the loss rises with α.
    losses.slice(1).forEach((loss, i) => assert.ok(loss > losses[i], `${loss} after ${losses[i]}`));
    // It is smooth near α = 1: half the variance of ln w per unit of α, some 2 nats here.
    assert.ok(losses[6] - losses[4] < 0.2);
    model.dispose();
  });
}

Deno.test("the loss of iwae falls with K from the ELBO's to -ln p(x)", async () => {
  const model = linearModel(WIDE, REFERENCE);
  const rows = 500;
  let previous: ReturnType<typeof estimate> | undefined;
  for (const samples of [1, 4, 16, 64]) {
    const losses: number[] = [];
    for (let step = 0; step < 10; step++) {
      const data = drawNoise(REFERENCE, { rows, latent: LATENT, samples, seed: samples, step });
      const { loss } = await model.lossAndGradients(Array.from({ length: rows }, () => X), {
        noise: { data, shape: [rows * samples, LATENT] },
        objective: { type: "iwae", samples },
      });
      losses.push(-loss);
    }
    // Ten means of 500 rows each; their spread gives the standard error.
    const bound = estimate(losses);
    const width = STANDARD_ERRORS * bound.standardError;
    assert.ok(bound.mean <= EXACT + width, `K = ${samples} lies above ln p(x)`);
    if (samples === 1) {
      assertRelative(bound.mean, linearElbo(X, WIDE, () => VARIANCE), 0, width, "K = 1");
    }
    if (previous) {
      const joint = STANDARD_ERRORS * Math.hypot(bound.standardError, previous.standardError);
      assert.ok(bound.mean >= previous.mean - joint, `K = ${samples} falls`);
    }
    previous = bound;
  }
  // The bias is about half the relative variance of the weights over K: below 0.04 at K = 64.
  assertRelative(previous!.mean, EXACT, 0, 0.04 + STANDARD_ERRORS * previous!.standardError);
  model.dispose();
});

Deno.test("the Rényi bound with few draws is biased: at α = 0.5 it rises with K", async () => {
  const model = linearModel(WIDE, REFERENCE), rows = 500;
  const boundOf = async (samples: number) => {
    const losses: number[] = [];
    for (let step = 0; step < 10; step++) {
      const data = drawNoise(REFERENCE, { rows, latent: LATENT, samples, seed: samples, step });
      const { loss } = await model.lossAndGradients(Array.from({ length: rows }, () => X), {
        noise: { data, shape: [rows * samples, LATENT] },
        objective: { type: "renyi", samples, alpha: 0.5 },
      });
      losses.push(-loss);
    }
    return estimate(losses);
  };
  const [few, some, many] = [await boundOf(1), await boundOf(4), await boundOf(64)];
  // With one draw it is the ELBO of that draw, for any α.
  const elbo = linearElbo(X, WIDE, () => VARIANCE);
  assertRelative(few.mean, elbo, 0, STANDARD_ERRORS * few.standardError, "K = 1");
  for (const [less, more] of [[few, some], [some, many]]) {
    const joint = Math.hypot(less.standardError, more.standardError);
    assert.ok(more.mean > less.mean + STANDARD_ERRORS * joint, `${less.mean}, ${more.mean}`);
  }
  assert.ok(many.mean < EXACT);
  model.dispose();
});
