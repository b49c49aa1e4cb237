/**
 * Sets the variances of Gaussian likelihoods to their optimum for given networks:
 *
 *   σ² = E_q[(x - μ(z))²]    the zero of d ELBO / d ln σ²; at least `minVariance`
 *
 * for each column ("perFeature"), or for all columns together ("optimal"). Source: Rybkin, Daniilidis and Levine,
 * "Simple and effective VAE training with calibrated decoders", 2021. Gradient steps alone move ln σ² by at most the
 * sum of the learning rates, which leaves the variance far too large for columns that the network explains well.
 */
import { portableLog } from "../core/portable.ts";
import { groupsOf } from "../distributions/likelihood.ts";
import type { GaussianOptions } from "../distributions/likelihoods/options.ts";
import type { ModelSpec } from "../models/spec.ts";
import type { Matrix } from "../trained/rows/matrix.ts";

/** Whether part of the likelihood has a variance of this kind. */
export function hasVariance(spec: ModelSpec, kind: GaussianOptions["variance"]): boolean {
  return groupsOf(spec.likelihood, spec.inputs).some(({ spec }) =>
    spec.type === "gaussian" && spec.variance === kind
  );
}

/**
 * The optimal values of the parameters that hold variances of this kind, by name.
 * @param squares (x - μ(z))² of some rows, `[rows, D]`, NaN where a cell is missing
 * @param minVariances a minimum for each column, "perFeature" only, where it exceeds `minVariance`
 */
export function optimalVariances(
  { likelihood, inputs }: ModelSpec,
  kind: "perFeature" | "optimal",
  { data, shape: [rows] }: Matrix,
  minVariances: Float64Array = new Float64Array(inputs),
): Map<string, { data: Float64Array }> {
  const sums = new Float64Array(inputs), counts = new Float64Array(inputs);
  data.forEach((square, i) => {
    if (Number.isNaN(square)) return;
    sums[i % inputs] += square / rows;
    counts[i % inputs]++;
  });
  // A column without any value gets the variance of standardised cells.
  const meanOf = (first: number, columns: number) => {
    const total = (of: Float64Array) => sum(of.subarray(first, first + columns));
    return total(counts) === 0 ? 1 : total(sums) * rows / total(counts);
  };
  const found = new Map<string, { data: Float64Array }>();
  for (const { spec, first, columns, prefix } of groupsOf(likelihood, inputs)) {
    if (spec.type !== "gaussian" || spec.variance !== kind) continue;
    const variances = kind === "optimal"
      ? Float64Array.of(meanOf(first, columns))
      : Float64Array.from(
        { length: columns },
        (_, c) => Math.max(meanOf(first + c, 1), minVariances[first + c]),
      );
    const logVar = variances.map((each) => portableLog(Math.max(each, spec.minVariance)));
    found.set(`likelihood.${prefix}logVar`, { data: logVar });
  }
  return found;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
