/**
 * Gradients that reach q's parameters only through the draws. The total derivative of a function of ln w also contains
 * Σ_k a_k ∂ ln q(z_k; φ)/∂φ, q's own log-density at a fixed draw. For constant a_k its expectation is zero; otherwise
 * it can be rewritten as a path derivative. Leaving it out lowers the variance:
 *
 *   minimised            -1/B Σ_rows Σ_k a_k ln w_k             a `[B, K]`, held fixed
 *   direct               its derivative at fixed draws and fixed ln q
 *   through the draws    (r_k · dz_k) ∂z_k/∂φ, dz_k its derivative with respect to draw k, r `[B, K]`, held fixed
 *
 *   STL   r = 1                     Roeder, Wu and Duvenaud, "Sticking the landing", 2017
 *   DReG  r = a = w / Σ w           Tucker, Lawson, Gu and Maddison, "Doubly reparameterized gradient
 *                                   estimators for Monte Carlo objectives", 2019
 *
 * For a posterior with flows, the draw is the one before the flows. The flows' parameters then get the plain
 * reparameterised gradient, like those of the model.
 */
import { partialGradient } from "../graph/gradient.ts";
import type { Graph } from "../graph/graph.ts";
import { meanOfRows } from "../layers/means.ts";
import { negative, scaled, sum } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import type { Terms } from "./terms.ts";

/** The value to differentiate, and how. */
export interface PathGradientRequest {
  /** ln w, or a weighted form of it, `[B, K]`. */
  readonly logWeights: Node;
  /** a, `[B, K]` or a number. */
  readonly weights: Node | number;
  /** r, `[B, K]`; 1 if absent. */
  readonly ratio?: Node;
  /** The estimator's name, for messages. */
  readonly estimator: string;
}

/** @throws RangeError if some draw is not a smooth function of q's parameters */
export function pathGradients(
  g: Graph,
  { paths }: Terms,
  { logWeights, weights, ratio, estimator }: PathGradientRequest,
  parameters: readonly Node[],
): Node[] {
  if (!paths) {
    throw new RangeError(
      `Cannot build objective: estimator "${estimator}" needs reparameterised draws: this posterior has none`,
    );
  }
  const weighted = typeof weights === "number"
    ? scaled(g, logWeights, weights)
    : g.mul(g.stopGradient(weights), logWeights);
  const surrogate = negative(g, meanOfRows(g, weighted));
  const draws = paths.map(({ z }) => z);
  const fixed = [...draws, ...paths.map(({ logDensity }) => logDensity)];
  const direct = partialGradient(g, surrogate, parameters, fixed);
  const byDraw = partialGradient(g, surrogate, draws, draws);
  const cotangents = draws.map((z, i) => cotangent(g, z, byDraw[i]!, ratio));
  const total = sum(g, cotangents);
  const pathwise = partialGradient(g, total, parameters, []);
  return parameters.map((parameter, i) => {
    const [a, b] = [direct[i], pathwise[i]];
    if (a && b) return g.add(a, b);
    const either = a ?? b;
    if (either) return either;
    throw new RangeError(
      `Cannot differentiate: the objective does not depend on "${parameter.name}"`,
    );
  });
}

/**
 * Σ (r · dz) ∘ z with the cotangent r · dz held fixed: its derivative with respect to φ is the vector-Jacobian product.
 */
function cotangent(g: Graph, z: Node, dz: Node, ratio: Node | undefined): Node {
  const perDraw = ratio && g.reshape(ratio, { rows: z.shape.rows, cols: 1, batched: true });
  const scaled = g.stopGradient(perDraw ? g.mul(dz, perDraw) : dz);
  return g.sumRows(g.sumCols(g.mul(scaled, z)), { mean: false });
}
