/**
 * A linear Gaussian model whose posterior is diagonal, so that q can be exact: p(x) = N(b, WᵀW + σ²I), and a row X
 * whose ln p(x) is known. Widening q makes importance weights vary.
 */
import type { ModelSpecInput } from "../../src/models/spec.ts";
import { VAE } from "../../src/training/vae.ts";
import { deviceOf, type Executor } from "./executors.ts";
import {
  gaussianLogDensity,
  type LinearParameters,
  marginalCovariance,
} from "./linear_gaussian.ts";

export const COLUMNS = 4;
export const VARIANCE = 0.25;
export const SPEC: ModelSpecInput = {
  inputs: COLUMNS,
  latent: [{ size: 2 }],
  likelihood: { type: "gaussian", variance: VARIANCE },
};

/** Rows of W are orthogonal, so the posterior is diagonal; |W_0|² = 1.75, |W_1|² = 0.625. */
export const WEIGHT = [1, 0.5, -0.5, 0.5, 0.5, -0.25, 0.25, -0.5].map(Math.fround);
export const SQUARES = [1.75, 0.625];
const CENTRE = [0.25, -1, 0.5, 2];
export const X = [1.5, -0.25, 0.75, 1];

/** Widens the posterior, so that weights vary; 0 gives p(z | x) itself. */
export function parametersWith(extraLogVar: number): LinearParameters {
  const mean = Float64Array.from({ length: 2 * COLUMNS }, (_, i) => {
    const [d, l] = [Math.floor(i / 2), i % 2];
    return WEIGHT[l * COLUMNS + d] / (SQUARES[l] + VARIANCE);
  });
  const bias = [0, 1].map((l) => -CENTRE.reduce((sum, b, d) => sum + b * mean[d * 2 + l], 0));
  return {
    "encoder.mean.weight": mean,
    "encoder.mean.bias": bias,
    "encoder.logVar.weight": new Float64Array(2 * COLUMNS),
    "encoder.logVar.bias": SQUARES.map((s) => Math.log(VARIANCE / (s + VARIANCE)) + extraLogVar),
    "decoder.mean.weight": WEIGHT,
    "decoder.mean.bias": CENTRE,
  };
}

export const EXACT = gaussianLogDensity(X, CENTRE, marginalCovariance(WEIGHT, COLUMNS, VARIANCE));

export function linearModel(parameters: LinearParameters, device: Executor): VAE {
  const vae = VAE.create(SPEC, deviceOf(device));
  vae.setParameters(
    new Map(Object.entries(parameters).map(([name, data]) => [name, { data }])),
  );
  return vae;
}
