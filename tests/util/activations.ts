/** The activations by their textbook formulas in float64, and the accuracy of float32 kernels. */
import type { Activation } from "../../src/ops/names.ts";

/** f(x). The slope of each is at most one, so an error of x is not amplified. */
export const ACTIVATE: { readonly [A in Activation]: (x: number) => number } = {
  identity: (x) => x,
  relu: (x) => Math.max(x, 0),
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  elu: (x) => x > 0 ? x : Math.expm1(x),
};

/** Errors of f itself in ULP: docs/accuracy.md, and as much again for the rounding of its argument. */
export const ACTIVATION_ULPS: { readonly [A in Activation]: number } = {
  identity: 0,
  relu: 0,
  tanh: 5,
  sigmoid: 6,
  softplus: 6,
  elu: 4,
};
