/**
 * Ratios of gamma functions, per element, in nats. Count likelihoods and Student's t need nothing else of ln Γ.
 *
 *   logGammaRatio       f(a, d) = ln Γ(a + d) - ln Γ(a) - d ln a,   a > 0, d ≥ 0
 *   logGammaRatioSlope  ∂f/∂a = ψ(a + d) - ψ(a) - d / a,            ψ the digamma function
 *
 * f(1, n) = ln n!. f → 0 as a → ∞, where the difference of two ln Γ would lose every digit in float32:
 * ln Γ(1e6) = 1.28e7. Source: DLMF, 5.11.1 and 5.11.2 (the series), 5.11.12 (the limit). d is data: no derivative with
 * respect to it is offered.
 */
import { sumTo } from "./shapes.ts";
import { notDifferentiable, type OpSpec } from "./spec.ts";

export const logGammaRatio: OpSpec<"logGammaRatio"> = {
  arity: 2,
  vjp: (e, { inputs: [a, d] }, dy) => [
    () => sumTo(e, e.mul(dy, e.logGammaRatioSlope(a, d)), a.shape),
    () => {
      throw new RangeError("Cannot differentiate logGammaRatio: its second operand is data");
    },
  ],
  inPlace: true,
};

export const logGammaRatioSlope: OpSpec<"logGammaRatioSlope"> = {
  arity: 2,
  vjp: notDifferentiable("second derivatives of densities are not needed yet"),
  inPlace: true,
};
