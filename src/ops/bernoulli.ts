/**
 * Bernoulli log-likelihood from logits, per element, in nats (derivations A.5, sign as boxed there).
 *
 *   bernoulliLogProb      x·l - softplus(l)          never (1 - x)·ln(1 - σ(l)): in float32,
 *                                                  0·(-∞) = NaN at x = 1, l = 18
 *   bernoulliLogProbGrad  dy · (x - σ(l))            d/dl
 *
 * x may be a grey value in [0, 1]; the result is then a cross-entropy, not a log-likelihood.
 */
import { sumTo } from "./shapes.ts";
import { notDifferentiable, type OpSpec } from "./spec.ts";

export const bernoulliLogProb: OpSpec<"bernoulliLogProb"> = {
  arity: 2,
  vjp: (e, { inputs: [x, logits] }, dy) => [
    () => sumTo(e, e.mul(dy, logits), x.shape),
    () => sumTo(e, e.bernoulliLogProbGrad(x, logits, dy), logits.shape),
  ],
  inPlace: true,
};

export const bernoulliLogProbGrad: OpSpec<"bernoulliLogProbGrad"> = {
  arity: 3,
  vjp: notDifferentiable("second derivatives of densities are not needed yet"),
  inPlace: true,
};
