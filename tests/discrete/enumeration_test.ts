/**
 * Bounds and gradients of discrete latent variables against the sum over all states. Oracle:
 * tests/util/discrete_model.ts. Sampled values must be within four standard errors. Seeds are fixed; with 58
 * coordinates per case and a chance of 6e-5 beyond four, a correct program would fail for about one seed in 300.
 */
import assert from "node:assert/strict";
import type { CategoricalLatentInput, ObjectiveInput, ReinforceObjective } from "../../mod.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import {
  CLASSES,
  discreteModel,
  exactElbo,
  exactEvidence,
  exactIwae,
  PARAMETERS,
  SIZE,
  slopes,
  statesOf,
  VARIABLES,
  X,
} from "../util/discrete_model.ts";
import { assertRelative } from "../util/close.ts";
import { EXECUTORS, REFERENCE } from "../util/executors.ts";
import { type Estimate, estimate } from "../util/statistics.ts";

type Bound = Parameters<typeof slopes>[0];

const FOUR = 4;

/** The same row many times, each with its own noise. */
const ROWS = 64;
const COPIES = Array.from({ length: ROWS }, () => X);

/** Uniform numbers on the library's grid, from another stream than the library's. */
function uniforms(rows: number, step: number): { data: Float32Array; shape: [number, number] } {
  const random = new HostRandom(7, step, 99);
  const data = Float32Array.from(
    { length: rows * SIZE },
    () => Math.floor(random.uniformF64() * 2 ** 24) / 2 ** 24,
  );
  return { data, shape: [rows, SIZE] };
}

/** Gradients of `steps` batches, by name. */
async function runsOf(
  latent: Partial<CategoricalLatentInput>,
  objective: ObjectiveInput,
  steps: number,
): Promise<ReadonlyMap<string, Float64Array>[]> {
  const model = discreteModel(REFERENCE, latent);
  const runs: ReadonlyMap<string, Float64Array>[] = [];
  for (let step = 0; step < steps; step++) {
    const noise = new Map([["noise.uniform", uniforms(ROWS * (objective.samples ?? 1), step)]]);
    const { gradients } = await model.lossAndGradients(COPIES, { noise, objective });
    runs.push(new Map([...gradients].map(([name, { data }]) => [name, data])));
  }
  model.dispose();
  return runs;
}

/** The mean of each coordinate of the parameters whose name starts with `prefix`. */
function means(runs: readonly ReadonlyMap<string, Float64Array>[], prefix = ""): Estimate[] {
  return [...runs[0]].filter(([name]) => name.startsWith(prefix)).flatMap(([name, { length }]) =>
    Array.from({ length }, (_, i) => estimate(runs.map((run) => run.get(name)![i])))
  );
}

/** The exact derivatives of a loss, in the order of `means`. */
const exact = (f: Bound, prefix = ""): number[] =>
  [...slopes(f)].filter(([name]) => name.startsWith(prefix)).flatMap(([, values]) => [...values])
    .map((value) => -value);

function assertUnbiased(got: readonly Estimate[], want: readonly number[], what: string): void {
  assert.equal(got.length, want.length);
  got.forEach(({ mean, standardError }, i) =>
    assert.ok(
      Math.abs(mean - want[i]) <= FOUR * standardError + 1e-6,
      `${what}[${i}]: ${mean} ± ${standardError}, exactly ${want[i]}`,
    )
  );
}

for (const executor of EXECUTORS) {
  Deno.test(`ELBO and ln p(x) on ${executor.label} are the sums over all states`, async () => {
    const model = discreteModel(executor, { relaxation: "none" });
    const samples = 200;
    const { elbo, kl, logLikelihood, klPerDimension } = await model.evaluate(COPIES, { samples });
    // The KL has a closed form: float32 sums of 12 terms below 2.
    const states = statesOf(PARAMETERS);
    const marginal = (v: number, c: number) =>
      states.filter(({ classes }) => classes[v] === c)
        .reduce((sum, { logPosterior }) => sum + Math.exp(logPosterior), 0);
    const klOf = (v: number) =>
      Array.from({ length: CLASSES }, (_, c) => marginal(v, c))
        .reduce((sum, q) => sum + q * Math.log(q * CLASSES), 0);
    const perVariable = Array.from({ length: VARIABLES }, (_, v) => klOf(v));
    const rounding = 100 * Math.max(executor.unitRoundoff, 2 ** -53);
    assertRelative(klPerDimension, perVariable, 0, rounding);
    assertRelative(kl[0], perVariable.reduce((a, b) => a + b), 0, rounding);
    const bound = estimate(elbo);
    assert.ok(Math.abs(bound.mean - exactElbo(PARAMETERS)) < FOUR * bound.standardError);
    // ln of a mean of 200 weights is too low by var(w)/(400 E[w]²), 0.003 here.
    const evidence = estimate(logLikelihood);
    const gap = exactEvidence(PARAMETERS) - evidence.mean;
    assert.ok(Math.abs(gap) < FOUR * evidence.standardError + 0.005, `off by ${gap}`);
    assert.ok(evidence.standardError < 0.02 && exactEvidence(PARAMETERS) > bound.mean + 0.1);
    model.dispose();
  });
}

Deno.test("importance sampling approaches ln p(x) as draws increase", async () => {
  const model = discreteModel(REFERENCE, { relaxation: "none" });
  const [logLikelihood] = await model.logLikelihood([X], { samples: 50_000 });
  const weights = statesOf(PARAMETERS).map(({ logPosterior, logLikelihood }) => ({
    q: Math.exp(logPosterior),
    weight: Math.exp(logLikelihood - VARIABLES * Math.log(CLASSES) - logPosterior),
  }));
  const mean = Math.exp(exactEvidence(PARAMETERS));
  const variance = weights.reduce((sum, { q, weight }) => sum + q * (weight / mean - 1) ** 2, 0);
  const standardError = Math.sqrt(variance / 50_000);
  assert.ok(Math.abs(logLikelihood - exactEvidence(PARAMETERS)) < FOUR * standardError);
  assert.ok(standardError < 0.01);
  model.dispose();
});

Deno.test("evaluation uses exact draws, whatever training uses", async () => {
  const [hard, ...relaxed] = await Promise.all(
    (["none", "gumbelSoftmax", "straightThrough"] as const).map(async (relaxation) => {
      const model = discreteModel(REFERENCE, { relaxation });
      const result = await model.evaluate([X], { samples: 30, seed: 4 });
      model.dispose();
      return result;
    }),
  );
  for (const each of relaxed) assert.deepEqual(each, hard);
});

const iwaeOf = (draws: number): Bound => (parameters) => exactIwae(parameters, draws);

const ESTIMATORS: readonly [string, Partial<ReinforceObjective>, Bound][] = [
  ["REINFORCE", { baseline: "none", samples: 1 }, exactElbo],
  ["REINFORCE, beta 0.5", { baseline: "none", samples: 2, beta: 0.5 }, (p) => exactElbo(p, 0.5)],
  ["REINFORCE with a learned baseline", { baseline: "learned", samples: 1 }, exactElbo],
  ["RLOO", { baseline: "leaveOneOut", samples: 3 }, exactElbo],
  ["REINFORCE of IWAE", { bound: "iwae", baseline: "none", samples: 2 }, iwaeOf(2)],
  ["VIMCO, K = 2", { bound: "iwae", samples: 2 }, iwaeOf(2)],
  ["VIMCO, K = 3", { bound: "iwae", samples: 3 }, iwaeOf(3)],
  ["IWAE with a learned baseline", { bound: "iwae", baseline: "learned", samples: 2 }, iwaeOf(2)],
];

for (const [name, options, f] of ESTIMATORS) {
  Deno.test(`the mean gradient of ${name} is the exact one`, async () => {
    const runs = await runsOf({ relaxation: "none" }, { type: "reinforce", ...options }, 250);
    assertUnbiased(means(runs), exact(f), name);
  });
}

/** Σ of the variances of all coordinates of q's gradient. */
async function variance(objective: ObjectiveInput): Promise<number> {
  const steps = 100;
  const runs = await runsOf({ relaxation: "none" }, objective, steps);
  return means(runs, "encoder")
    .reduce((sum, { standardError }) => sum + steps * standardError ** 2, 0);
}

Deno.test("leaving one out varies less than no baseline, with the same draws", async () => {
  // 100 batches give a variance within a factor of 1.5, at five standard errors: √(2/100).
  for (const bound of ["elbo", "iwae"] as const) {
    const [none, others] = await Promise.all(
      (["none", "leaveOneOut"] as const).map((baseline) =>
        variance({ type: "reinforce", bound, baseline, samples: 4 })
      ),
    );
    assert.ok(others < none / 2.25, `${bound}: ${others} against ${none}`);
  }
});

/** |E[gradient of q with such draws] - exact|, and its standard error. */
async function bias(
  temperature: number,
  steps: number,
  relaxation: "gumbelSoftmax" | "straightThrough" = "gumbelSoftmax",
): Promise<Estimate> {
  const runs = await runsOf({ temperature, relaxation }, { type: "elbo", samples: 4 }, steps);
  const want = exact(exactElbo, "encoder");
  const off = means(runs, "encoder").map(({ mean, standardError }, i) => ({
    square: (mean - want[i]) ** 2 - standardError ** 2,
    variance: standardError ** 2,
  }));
  const total = (key: "square" | "variance") => off.reduce((sum, each) => sum + each[key], 0);
  return {
    mean: Math.sqrt(Math.max(0, total("square"))),
    standardError: Math.sqrt(total("variance")),
  };
}

Deno.test("the relaxed gradient is biased, and less so as the temperature falls", async () => {
  const [hot, warm, cold] = [await bias(2, 100), await bias(1, 100), await bias(0.3, 200)];
  for (const each of [hot, warm]) assert.ok(each.mean > 2 * FOUR * each.standardError);
  assert.ok(warm.mean < 0.8 * hot.mean, `${warm.mean} against ${hot.mean}`);
  assert.ok(cold.mean + FOUR * cold.standardError < 0.5 * warm.mean, `${cold.mean}, ${warm.mean}`);
});

Deno.test("the straight-through gradient of q is biased", async () => {
  const { mean, standardError } = await bias(1, 100, "straightThrough");
  assert.ok(mean > 2 * FOUR * standardError, `${mean} ± ${standardError}`);
});

Deno.test("the decoder's gradient is unbiased if draws are hard in the forward pass", async () => {
  const runs = await runsOf({ relaxation: "straightThrough" }, { type: "elbo", samples: 2 }, 150);
  assertUnbiased(means(runs, "decoder"), exact(exactElbo, "decoder"), "decoder");
});
