/**
 * Estimators of the same gradient: which agree on average, which are biased, and which vary less. The model is linear
 * and Gaussian with a posterior that is too wide. Estimators get the same noise, so that their difference has a much
 * smaller standard error than either.
 */
import assert from "node:assert/strict";
import type { ObjectiveInput } from "../../mod.ts";
import { assertRelative } from "../util/close.ts";
import { REFERENCE } from "../util/executors.ts";
import { linearModel, parametersWith, X } from "../util/linear_model.ts";
import { drawNoise } from "../util/probe.ts";
import { estimate, STANDARD_ERRORS } from "../util/statistics.ts";

const LATENT = 2;
const ROWS = 2;
const ROWS_OF_DATA = Array.from({ length: ROWS }, (_, r) => X.map((value, c) => value - r * c));

/** Every gradient with each step's noise, one map per step: name → values. */
async function gradientsOf(
  objective: ObjectiveInput,
  steps: number,
  extraLogVar = 0.8,
): Promise<ReadonlyMap<string, Float64Array>[]> {
  const model = linearModel(parametersWith(extraLogVar), REFERENCE);
  const samples = objective.samples!;
  const runs: ReadonlyMap<string, Float64Array>[] = [];
  for (let step = 0; step < steps; step++) {
    const data = drawNoise(REFERENCE, { rows: ROWS, latent: LATENT, samples, seed: 3, step });
    const { gradients } = await model.lossAndGradients(ROWS_OF_DATA, {
      noise: { data, shape: [ROWS * samples, LATENT] },
      objective,
    });
    runs.push(new Map([...gradients].map(([name, { data }]) => [name, data])));
  }
  model.dispose();
  return runs;
}

/** For each coordinate of each parameter, the differences between two runs. */
function differences(a: Awaited<ReturnType<typeof gradientsOf>>, b: typeof a, prefix: string) {
  return [...a[0]].filter(([name]) => name.startsWith(prefix)).flatMap(([name, { length }]) =>
    Array.from({ length }, (_, i) => ({
      name: `${name}[${i}]`,
      ...estimate(a.map((run, step) => run.get(name)![i] - b[step].get(name)![i])),
    }))
  );
}

/** Asserts that the mean is explained by noise. Sums of 2,000 float64 terms have a rounding below 1e-9. */
const isZero = ({ mean, standardError }: { mean: number; standardError: number }) =>
  Math.abs(mean) <= STANDARD_ERRORS * standardError + 1e-9;

const STEPS = 600;

Deno.test("DReG has the mean of iwae's own gradient; for p they are equal", async () => {
  const objective = { type: "iwae", samples: 4 } as const;
  const standard = await gradientsOf(objective, STEPS);
  const dreg = await gradientsOf({ ...objective, estimator: "dreg" }, STEPS);
  for (const each of differences(dreg, standard, "")) {
    assert.ok(isZero(each), `${each.name}: ${each.mean} ± ${each.standardError}`);
  }
  // The numbers differ, so the test would notice a wrong factor.
  assert.ok(differences(dreg, standard, "encoder").every((each) => each.standardError > 1e-3));
  assert.ok(differences(dreg, standard, "decoder").every((each) => each.standardError < 1e-12));
});

Deno.test("STL is biased for q with two draws or more, and not for p", async () => {
  const objective = { type: "iwae", samples: 4 } as const;
  const standard = await gradientsOf(objective, STEPS);
  const stl = await gradientsOf({ ...objective, estimator: "stl" }, STEPS);
  assert.ok(differences(stl, standard, "decoder").every((each) => each.standardError < 1e-12));
  assert.ok(!differences(stl, standard, "encoder").every(isZero));
});

Deno.test("STL has the mean of the ELBO's gradient, with the KL in closed form and by draws", async () => {
  const objective = { type: "elbo", samples: 2, beta: 0.5 } as const;
  const stl = await gradientsOf({ ...objective, estimator: "stl" }, STEPS);
  for (const kl of ["analytic", "monteCarlo"] as const) {
    const standard = await gradientsOf({ ...objective, kl }, STEPS);
    for (const each of differences(stl, standard, "")) {
      assert.ok(isZero(each), `${kl}, ${each.name}: ${each.mean} ± ${each.standardError}`);
    }
  }
});

Deno.test("with q = p(z | x), STL and DReG give q no gradient, for every draw", async () => {
  // ln w is then the same for every z, so its derivative by z is zero.
  const objectives: ObjectiveInput[] = [
    { type: "elbo", samples: 3, estimator: "stl" },
    { type: "iwae", samples: 3, estimator: "stl" },
    { type: "iwae", samples: 3, estimator: "dreg" },
  ];
  const ofEncoder = (run: ReadonlyMap<string, Float64Array>) =>
    [...run].filter(([name]) => name.startsWith("encoder")).flatMap(([, data]) => [...data]);
  for (const objective of objectives) {
    const [run] = await gradientsOf(objective, 1, 0);
    // The parameters are rounded to float32: remainders of that size times terms below 100.
    assertRelative(ofEncoder(run), ofEncoder(run).map(() => 0), 0, 1e-5, "encoder");
  }
  const [standard] = await gradientsOf({ type: "elbo", samples: 3, kl: "monteCarlo" }, 1, 0);
  assert.ok(ofEncoder(standard).some((value) => Math.abs(value) > 0.01));
});

Deno.test("DReG varies less than iwae's own gradient at K = 64", async () => {
  const total = async (estimator: "standard" | "dreg") => {
    const runs = await gradientsOf({ type: "iwae", samples: 64, estimator }, 100);
    const zero = runs.map((run) => new Map([...run].map(([name, d]) => [name, d.map(() => 0)])));
    return differences(runs, zero, "encoder")
      .reduce((sum, { standardError }) => sum + standardError ** 2, 0);
  };
  const ratio = await total("dreg") / await total("standard");
  console.log(`variance ratio ${ratio}`);
  // 100 draws of each give either variance within a factor of 1.5 (√(2/100), five standard errors).
  assert.ok(ratio < 1 / 2.25, `variance ratio ${ratio}`);
});
