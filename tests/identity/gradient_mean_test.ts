/**
 * The gradient of the sampled loss, averaged over the noise, is the gradient of the exact loss: reparameterisation is
 * unbiased (derivations A.3). The exact loss of a linear model has a closed form, differentiated here by central
 * differences in float64.
 */
import type { ModelSpecInput } from "../../src/models/spec.ts";
import { VAE } from "../../src/training/vae.ts";
import { assertRelative } from "../util/close.ts";
import { normals } from "../util/data.ts";
import { deviceOf, EXECUTORS } from "../util/executors.ts";
import { linearElbo, type LinearParameters } from "../util/linear_gaussian.ts";
import { estimate, STANDARD_ERRORS } from "../util/statistics.ts";
import { drawNoise } from "../util/probe.ts";

const COLUMNS = 3;
const LATENT = 2;
const ROWS = 4;
const BETA = 0.75;
const SPEC: ModelSpecInput = {
  inputs: COLUMNS,
  latent: [{ size: LATENT }],
  likelihood: { type: "gaussian", variance: "perFeature" },
};

type Values = Map<string, { readonly data: ArrayLike<number> }>;

/** -ELBO with the KL weighted by β, mean over the rows, in closed form. */
function exactLoss(values: Values, x: readonly number[][]): number {
  const plain = Object.fromEntries([...values].map(([name, { data }]) => [name, data]));
  const logVariance = plain["likelihood.logVar"];
  const elbo = (row: number[]) =>
    linearElbo(
      row,
      plain as unknown as LinearParameters,
      (d) => Math.exp(logVariance[d]),
      BETA,
    );
  return -x.reduce((sum, row) => sum + elbo(row), 0) / x.length;
}

/** d exactLoss / d parameter, by central differences: truncation h² and rounding 2^-53 / h, both near 1e-9. */
function exactGradient(values: Values, x: readonly number[][], name: string): number[] {
  const h = 2 ** -15;
  return Array.from(values.get(name)!.data, (value, i) => {
    const at = (shifted: number) => {
      const data = Float64Array.from(values.get(name)!.data).fill(shifted, i, i + 1);
      return exactLoss(new Map(values).set(name, { data }), x);
    };
    return (at(value + h) - at(value - h)) / (2 * h);
  });
}

for (const executor of EXECUTORS) {
  Deno.test(`the mean of sampled gradients is the exact gradient, on ${executor.label}`, async () => {
    const vae = VAE.create(SPEC, { ...deviceOf(executor), seed: 3 });
    const random = normals(1000, 5).map((value) => Math.fround(0.4 * value));
    vae.setParameters(
      new Map([...vae.parameters()].map(([name, { data }]) => [
        name,
        { data: data.map(() => random.pop()!) },
      ])),
    );
    const x = Array.from({ length: ROWS }, (_, r) => normals(COLUMNS, 10 + r).map(Math.fround));
    const values = vae.parameters();
    const [samples, repeats] = [128, 48];
    const size = { rows: ROWS, latent: LATENT, samples, seed: 6 };
    const objective = { samples, beta: BETA };
    const runs: Awaited<ReturnType<typeof vae.lossAndGradients>>[] = [];
    for (let step = 0; step < repeats; step++) {
      const noise = drawNoise(executor, { ...size, step });
      runs.push(
        await vae.lossAndGradients(x, {
          noise: { data: noise, shape: [ROWS * samples, LATENT] },
          objective,
        }),
      );
    }
    const loss = estimate(runs.map((run) => run.loss));
    assertRelative(
      loss.mean,
      exactLoss(values, x),
      0,
      STANDARD_ERRORS * loss.standardError,
      "loss",
    );
    for (const [name] of values) {
      exactGradient(values, x, name).forEach((want, i) => {
        const { mean, standardError } = estimate(
          runs.map(({ gradients }) => gradients.get(name)!.data[i]),
        );
        // The last term is for gradients that do not depend on the noise: errors of differences and float32.
        const tolerance = STANDARD_ERRORS * standardError + 1e-6;
        assertRelative(mean, want, 0, tolerance, `${name}[${i}]`);
      });
    }
    vae.dispose();
  });
}
