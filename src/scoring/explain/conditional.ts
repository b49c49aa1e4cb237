/**
 * A zero-mean Gaussian with precision P, some of whose features are asked for given the others:
 *
 *   x_S | x_O ~ N(-P_SS⁻¹ P_SO x_O, P_SS⁻¹)
 *
 * For one feature f this is x̂_f = x_f - (x P)_f / P_ff with variance 1 / P_ff. P comes from the weights of an
 * ensemble's linear residuals, W = P diag(P)^(-½) (`detection/ensemble/linear.ts`): P_df = W_df W_ff. Files
 * keep W in halves, so that P is only nearly symmetric: the mean of both triangles is taken.
 */
import { cholesky, inverse } from "../../core/algebra/cholesky.ts";

/** What is known of the features asked for, in their order. */
export interface Conditional {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** P `[F, F]` of W. */
export function precisionOf(weight: Float32Array, features: number): Float64Array {
  const at = (d: number, f: number) => weight[d * features + f] * weight[f * features + f];
  return Float64Array.from({ length: features * features }, (_, i) => {
    const d = Math.floor(i / features), f = i % features;
    return (at(d, f) + at(f, d)) / 2;
  });
}

/** @param asked features S; what `x` holds there counts for nothing */
export function conditional(
  precision: Float64Array,
  x: ArrayLike<number>,
  asked: readonly number[],
): Conditional {
  const features = x.length, size = asked.length, isAsked = new Uint8Array(features);
  for (const f of asked) isAsked[f] = 1;
  const pull = Float64Array.from(asked, (f) => {
    let sum = 0;
    for (let d = 0; d < features; d++) {
      if (isAsked[d] === 0) sum -= x[d] * precision[f * features + d];
    }
    return sum;
  });
  const block = Float64Array.from(
    { length: size * size },
    (_, i) => precision[asked[Math.floor(i / size)] * features + asked[i % size]],
  );
  const covariance = invert(block, size);
  const deviation = Float64Array.from(asked, (_, i) => Math.sqrt(covariance[i * size + i]));
  const mean = pull.map((_, i) => {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += covariance[i * size + j] * pull[j];
    return sum;
  });
  return { mean, deviation };
}

/** Share of the diagonal that is added where halves have cost P its definiteness; doubled until it suffices. */
const NUDGE = 2 ** -10;

function invert(block: Float64Array, size: number): Float64Array {
  for (let nudge = 0;; nudge = Math.max(NUDGE, 2 * nudge)) {
    const nudged = block.map((value, i) => i % (size + 1) === 0 ? value * (1 + nudge) : value);
    try {
      return inverse(cholesky(nudged, size), size);
    } catch (error) {
      if (!(error instanceof RangeError) || nudge > 1) throw error;
    }
  }
}

/**
 * What each group of features adds to xᵀ P x beyond what the others explain, per feature of the group:
 *
 *   T_S = (x_S - x̂_S)ᵀ P_SS (x_S - x̂_S) / |S| = xᵀ P x - (the same of x_O under its marginal), by |S|
 *
 * the conditional terms of Hotelling's T² (Mason, Tracy and Young, "Decomposition of T² for multivariate
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
  return Math.max(0, sum) / Math.max(1, size);
}
