/** Activations and their slopes as scalar functions in float64; formulas in `ops/elementwise.ts`. */
import type { Activation } from "../../../ops/names.ts";
import { sigmoid, softplus } from "../../../core/stable.ts";

type PerActivation = { readonly [A in Activation]: (value: number) => number };

/** f(x). */
export const ACTIVATE: PerActivation = {
  identity: (x) => x,
  relu: (x) => Math.max(x, 0),
  tanh: Math.tanh,
  sigmoid,
  softplus,
  elu: (x) => x > 0 ? x : Math.expm1(x),
};

/** f'(x) as a function of y = f(x). */
export const SLOPE: PerActivation = {
  identity: () => 1,
  relu: (y) => y > 0 ? 1 : 0,
  tanh: (y) => 1 - y * y,
  sigmoid: (y) => y * (1 - y),
  softplus: (y) => -Math.expm1(-y),
  elu: (y) => y > 0 ? 1 : y + 1,
};
