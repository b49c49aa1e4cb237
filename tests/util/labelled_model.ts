/**
 * A mixture of three linear Gaussian models that a model with a classifier represents exactly:
 *
 *   p(x | y, z) = N(zW + V_y + b, σ²I), so p(x | y) = N(V_y + b, WᵀW + σ²I), and ln p(x) is known;
 *   q(z | x, y) = p(z | x, y), linear in [x | y]; q(y | x) = p(y | x), whose logits are linear in x, because the
 *   three covariances are equal.
 *
 * q differs from the posterior only by the float32 of its parameters, with an effect of second order.
 */
import { logSumExp } from "../../src/core/stable.ts";
import type { ModelSpecInput } from "../../src/models/spec.ts";
import { VAE } from "../../src/training/vae.ts";
import { deviceOf, type Executor } from "./executors.ts";
import { gaussianLogDensity, marginalCovariance } from "./linear_gaussian.ts";
import { COLUMNS, SPEC, SQUARES, VARIANCE, WEIGHT } from "./linear_model.ts";

export const CLASSES = 3;
export const LATENT = 2;
export const LABELLED_SPEC: ModelSpecInput = { ...SPEC, condition: CLASSES, classifier: {} };

/** b + V_y. */
export const CENTRES = [
  [0.25, -1, 0.5, 2],
  [1, 0.5, -0.25, 1.5],
  [-0.75, 0, 1, 0.5],
];

const COVARIANCE = marginalCovariance(WEIGHT, COLUMNS, VARIANCE);

/** ln p(x | y) of every y. */
export const logDensities = (x: readonly number[]) =>
  CENTRES.map((centre) => gaussianLogDensity(x, centre, COVARIANCE));

/** ln p(x), for a uniform p(y). */
export const logEvidence = (x: readonly number[]) => logSumExp(logDensities(x)) - Math.log(CLASSES);

/** v · (WᵀW + σ²I)⁻¹, by Woodbury's formula for orthogonal rows of W. */
function precisionTimes(v: readonly number[]): number[] {
  const rows = SQUARES.map((_, l) => WEIGHT.slice(l * COLUMNS, (l + 1) * COLUMNS));
  const along = rows.map((row, l) => dot(row, v) / (SQUARES[l] + VARIANCE));
  return v.map((value, d) => (value - dot(along, rows.map((row) => row[d]))) / VARIANCE);
}

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);

/** The parameters by name; `[x | y]` times the encoder's weight is (x - b - V_y) A. */
function parameters(): Record<string, number[]> {
  const slope = (d: number, l: number) => WEIGHT[l * COLUMNS + d] / (SQUARES[l] + VARIANCE);
  const latents = SQUARES.map((_, l) => l), columns = CENTRES[0].map((_, d) => d);
  const shift = (centre: readonly number[]) =>
    latents.map((l) => -dot(centre, columns.map((d) => slope(d, l))));
  const logits = CENTRES.map(precisionTimes);
  return {
    "encoder.mean.weight": [
      ...columns.flatMap((d) => latents.map((l) => slope(d, l))),
      ...CENTRES.flatMap(shift),
    ],
    "encoder.logVar.bias": SQUARES.map((s) => Math.log(VARIANCE / (s + VARIANCE))),
    "encoder.logVar.weight": new Array((COLUMNS + CLASSES) * LATENT).fill(0),
    "decoder.mean.weight": [...WEIGHT, ...CENTRES.flat()],
    "classifier.logits.weight": columns.flatMap((d) => logits.map((row) => row[d])),
    "classifier.logits.bias": CENTRES.map((centre, y) => -0.5 * dot(centre, logits[y])),
  };
}

export function labelledModel(device: Executor): VAE {
  const vae = VAE.create(LABELLED_SPEC, deviceOf(device));
  vae.setParameters(new Map(Object.entries(parameters()).map(([name, data]) => [name, { data }])));
  return vae;
}
