/**
 * The normaliser of the continuous Bernoulli, from logits, per element, in nats (Loaiza-Ganem and
 * Cunningham, "The continuous Bernoulli", 2019, eq. 3).
 *
 *   p(x) = C λˣ (1 - λ)¹⁻ˣ on [0, 1], λ = σ(l), C = 2 atanh(1 - 2λ) / (1 - 2λ)
 *   continuousBernoulliLogNorm       ln C = ln (l / tanh(l / 2)), even in l, ln 2 at l = 0
 *   continuousBernoulliLogNormSlope  d ln C / dl = 1/l - 1/sinh l, 0 at l = 0
 *
 * Neither is evaluated as written near l = 0 (λ = ½), where the first is 0/0 and the second ∞ - ∞. The mean is
 * σ(l) - (1/l - 1/sinh l).
 */
import { notDifferentiable, type OpSpec } from "./spec.ts";

export const continuousBernoulliLogNorm: OpSpec<"continuousBernoulliLogNorm"> = {
  arity: 1,
  infer: ([logits]) => logits,
  vjp: (e, { inputs: [logits] }, dy) => [
    () => e.mul(dy, e.continuousBernoulliLogNormSlope(logits)),
  ],
  inPlace: true,
};

export const continuousBernoulliLogNormSlope: OpSpec<"continuousBernoulliLogNormSlope"> = {
  arity: 1,
  infer: ([logits]) => logits,
  vjp: notDifferentiable("second derivatives of densities are not needed yet"),
  inPlace: true,
};
