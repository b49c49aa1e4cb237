/**
 * Parameters of an ensemble's program that are computed from its file: the distances to the references become a dense
 * layer with weight -2 Rᵀ and bias ‖r‖², exact up to the rounding of the sums.
 */
import type { Part } from "./part.ts";
import type { ViewName } from "../views/view.ts";

/**
 * Adds the derived parameters to those of the networks.
 * @param members parameters of the networks, and the precisions
 * @param linears weights `[F, F]` of the linear residuals
 */
export function withDerived(
  parts: readonly Pick<Part, "spec" | "references">[],
  members: ReadonlyMap<string, Float32Array>,
  linears: ReadonlyMap<ViewName, Float32Array>,
): Map<string, Float32Array> {
  const parameters = new Map(members);
  for (const { spec: { view, features, references: count }, references: { rows } } of parts) {
    const weight = new Float32Array(features * count), bias = new Float32Array(count);
    for (let r = 0; r < count; r++) {
      const reference = rows.subarray(r * features, (r + 1) * features);
      bias[r] = deriveReference(reference, weight, r, count);
    }
    parameters.set(`${view}.references.weight`, weight);
    parameters.set(`${view}.references.bias`, bias);
    parameters.set(`${view}.linear.weight`, linears.get(view)!);
    parameters.set(`${view}.linear.bias`, new Float32Array(features));
  }
  return parameters;
}

/** Writes column r of the `count` columns of -2 Rᵀ. @returns ‖r‖² */
function deriveReference(
  reference: ArrayLike<number>,
  weight: Float32Array,
  r: number,
  count: number,
): number {
  let square = 0;
  for (let f = 0; f < reference.length; f++) {
    const value = reference[f];
    weight[f * count + r] = -2 * value;
    square += value * value;
  }
  return square;
}
