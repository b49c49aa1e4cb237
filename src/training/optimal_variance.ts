/**
 * Variances of Gaussian likelihoods, set to their optimum given the two networks:
 *
 *   σ² = E_q[(x - μ(z))²]    the zero of d ELBO / d ln σ²; never under `minVariance`
 *
 * of each column for "perFeature", of all columns together for "optimal". Source: Rybkin, Daniilidis
 * and Levine, "Simple and effective VAE training with calibrated decoders", 2021. Gradient steps
 * alone move ln σ² by no more than the sum of the learning rates, which leaves columns that the
 * network explains well with far too much variance.
 */
import { portableLog } from "../core/portable.ts";
import { groupsOf } from "../distributions/likelihood.ts";
import type { GaussianOptions } from "../distributions/likelihoods/options.ts";
import type { ModelSpec } from "../models/spec.ts";
import type { Matrix } from "../scoring/matrix.ts";

/** Whether a part of the likelihood has a variance of this kind. */
export function hasVariance(spec: ModelSpec, kind: GaussianOptions["variance"]): boolean {
  return groupsOf(spec.likelihood, spec.inputs).some(({ spec }) =>
    spec.type === "gaussian" && spec.variance === kind
  );
}

/**
 * The parameters that hold variances of this kind, at their optimum, by name.
 * @param squares (x - μ(z))² of some rows, `[rows, D]`
 */
export function optimalVariances(
  { likelihood, inputs }: ModelSpec,
  kind: "perFeature" | "optimal",
  { data, shape: [rows] }: Matrix,
): Map<string, { data: Float64Array }> {
  const perColumn = new Float64Array(inputs);
  data.forEach((square, i) => perColumn[i % inputs] += square / rows);
  const found = new Map<string, { data: Float64Array }>();
  for (const { spec, first, columns, prefix } of groupsOf(likelihood, inputs)) {
    if (spec.type !== "gaussian" || spec.variance !== kind) continue;
    const own = perColumn.subarray(first, first + columns);
    const variances = kind === "optimal" ? Float64Array.of(mean(own)) : own;
    const logVar = variances.map((each) => portableLog(Math.max(each, spec.minVariance)));
    found.set(`likelihood.${prefix}logVar`, { data: logVar });
  }
  return found;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
