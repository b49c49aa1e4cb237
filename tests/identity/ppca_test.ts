/**
 * A linear VAE reaches probabilistic PCA: its best ELBO is the maximum likelihood of pPCA (Lucas, Tucker, Grosse and
 * Norouzi, "Don't Blame the ELBO!", 2019), which has a closed form (`tests/util/ppca.ts`).
 *
 * The trained model's ELBO is computed exactly, in float64 from its parameters. It must approach the closed form from
 * below; no parameters can exceed it.
 */
import assert from "node:assert/strict";
import { VAE } from "../../src/training/vae.ts";
import { assertRelative } from "../util/close.ts";
import { readDigits } from "../util/digits.ts";
import { symmetricEigenvalues } from "../util/eigenvalues.ts";
import {
  gaussianLogDensity,
  linearElbo,
  type LinearParameters,
  marginalCovariance,
} from "../util/linear_gaussian.ts";
import { covarianceOf, ppcaMaximum } from "../util/ppca.ts";

const ROWS = 1500;
const COLUMNS = 64;

/** Means of ln p(x) over the 1,500 rows, computed elsewhere (NumPy, double precision). */
const PUBLISHED: ReadonlyMap<number, number> = new Map([[2, -0.0156], [5, 9.0842], [10, 17.5872]]);

/** Nats per image that training may stay below; PyTorch with this recipe stays 0.001 to 0.02 below. */
const LEFT_BY_TRAINING = 0.05;

/**
 * Nats by which the result may exceed the closed form. The ELBO of the rounded parameters is itself a lower bound, so
 * this is only the rounding of the float64 sums here.
 */
const ROUNDING = 1e-9;

const DIGITS = await readDigits(ROWS);
const EIGENVALUES = symmetricEigenvalues(covarianceOf(DIGITS), COLUMNS);

function closedForm(latent: number): number {
  return ppcaMaximum(EIGENVALUES, latent).logLikelihood;
}

function meanOverDigits(value: (row: number[]) => number): number {
  return DIGITS.reduce((sum, row) => sum + value(row), 0) / ROWS;
}

Deno.test("the closed form of pPCA gives the published figures", () => {
  for (const [latent, published] of PUBLISHED) {
    assertRelative(closedForm(latent), published, 0, 0.5e-4, `q = ${latent}`);
  }
});

for (const latent of PUBLISHED.keys()) {
  Deno.test(`a linear VAE with ${latent} latent dimensions reaches pPCA`, async () => {
    const vae = VAE.create({
      inputs: COLUMNS,
      latent: [{ size: latent }],
      likelihood: { type: "gaussian", variance: "shared" },
    }, { seed: 1 });
    await vae.fit(DIGITS, {
      epochs: 1500,
      batchSize: ROWS,
      optimizer: { type: "adam", learningRate: 0.05, decay: "cosine" },
    });
    const values = Object.fromEntries(
      [...vae.parameters()].map(([name, { data }]) => [name, data]),
    );
    const variance = Math.exp(values["likelihood.logVar"][0]);
    const parameters = values as unknown as LinearParameters;
    const elbo = meanOverDigits((row) => linearElbo(row, parameters, () => variance));
    const covariance = marginalCovariance(values["decoder.mean.weight"], COLUMNS, variance);
    const centre = values["decoder.mean.bias"];
    const evidence = meanOverDigits((row) => gaussianLogDensity(row, centre, covariance));
    const best = closedForm(latent);
    assert.ok(elbo <= evidence + ROUNDING, "the bound passes the model's own likelihood");
    assert.ok(evidence <= best + ROUNDING, "the likelihood passes the closed form");
    assert.ok(best - elbo <= LEFT_BY_TRAINING, `training leaves ${best - elbo} nats`);
    vae.dispose();
  });
}
