/**
 * Conditionals of a zero-mean Gaussian with precision P, for features S given the others O:
 *
 *   x_S | x_O ~ N(-P_SS⁻¹ P_SO x_O, P_SS⁻¹)
 *
 * For one feature f this is x̂_f = x_f - (x P)_f / P_ff with variance 1 / P_ff. P is computed from the weights of an
 * ensemble's linear residuals, W = P diag(P)^(-½) (`detection/ensemble/linear.ts`): P_df = W_df W_ff. Files store W in
 * halves, so P is only nearly symmetric, and the mean of both triangles is used.
 */
import { cholesky, inverse } from "../../core/algebra/cholesky.ts";

/** The conditional distribution of the features in S, in their order. */
export interface Conditional {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Computes P `[F, F]` from W. */
export function precisionOf(weight: Float32Array, features: number): Float64Array {
  const at = (d: number, f: number) => weight[d * features + f] * weight[f * features + f];
  return Float64Array.from({ length: features * features }, (_, i) => {
    const d = Math.floor(i / features), f = i % features;
    return (at(d, f) + at(f, d)) / 2;
  });
}

/** @param targets features S; their values in `x` are ignored */
export function conditional(
  precision: Float64Array,
  x: ArrayLike<number>,
  targets: readonly number[],
): Conditional {
  const features = x.length, size = targets.length, isTarget = new Uint8Array(features);
  for (const f of targets) isTarget[f] = 1;
  const potential = Float64Array.from(targets, (f) => {
    let sum = 0;
    for (let d = 0; d < features; d++) {
      if (isTarget[d] === 0) sum -= x[d] * precision[f * features + d];
    }
    return sum;
  });
  const block = Float64Array.from(
    { length: size * size },
    (_, i) => precision[targets[Math.floor(i / size)] * features + targets[i % size]],
  );
  const covariance = invert(block, size);
  const deviation = Float64Array.from(targets, (_, i) => Math.sqrt(covariance[i * size + i]));
  const mean = potential.map((_, i) => {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += covariance[i * size + j] * potential[j];
    return sum;
  });
  return { mean, deviation };
}

/** Share of the diagonal that is added if rounding to halves has made P indefinite; doubled until it suffices. */
const MIN_RIDGE = 2 ** -10;

function invert(block: Float64Array, size: number): Float64Array {
  for (let ridge = 0;; ridge = Math.max(MIN_RIDGE, 2 * ridge)) {
    const ridged = block.map((value, i) => i % (size + 1) === 0 ? value * (1 + ridge) : value);
    try {
      return inverse(cholesky(ridged, size), size);
    } catch (error) {
      if (!(error instanceof RangeError) || ridge > 1) throw error;
    }
  }
}

/**
 * What a group of features adds to xᵀ P x beyond what the others explain:
 *
 *   T_S = (x_S - x̂_S)ᵀ P_SS (x_S - x̂_S) = xᵀ P x - that of x_O under its marginal
 *
 * These are the conditional terms of Hotelling's T² (Mason, Tracy and Young, "Decomposition of T² for multivariate
 * control chart interpretation", 1995).
 */
export function conditionalTerm(
  precision: Float64Array,
  x: ArrayLike<number>,
  group: readonly number[],
): number {
  const features = x.length, size = group.length;
  const { mean } = conditional(precision, x, group);
  let sum = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      sum += (x[group[i]] - mean[i]) * precision[group[i] * features + group[j]] *
        (x[group[j]] - mean[j]);
    }
  }
  return Math.max(0, sum);
}

/**
 * A term of k degrees of freedom next to one of a single number: T / k up to its expectation k, and nat for nat beyond,
 * as a wrong level of ten is no less wrong than one of two.
 */
export function perFreedom(term: number, freedom: number): number {
  return Math.max(term / freedom, term - (freedom - 1));
}
