/**
 * Elementwise arithmetic and activations in WGSL; formulas in `ops/elementwise.ts`. Every operand broadcasts; a
 * dispatch loops over the elements of the output (`stages.ts`). Limits: those that WGSL guarantees for + - · (correct
 * rounding) and ÷ (2.5 ULP); subnormal results may be zero.
 */
import type { Activation } from "../../../ops/names.ts";
import { type Kernels, pointwise } from "./kernel.ts";

/** f(x), for an expression that is evaluated once. */
export const ACTIVATE: { readonly [A in Activation]: (x: string) => string } = {
  identity: (x) => x,
  relu: (x) => `relu(${x})`,
  tanh: (x) => `hyperbolicTangent(${x})`,
  sigmoid: (x) => `sigmoid(${x})`,
  softplus: (x) => `softplus(${x})`,
  elu: (x) => `elu(${x})`,
};

/** dy · f'(x) as a function of y = f(x). */
const SLOPE: { readonly [A in Activation]: (y: string, dy: string) => string } = {
  identity: (_, dy) => dy,
  relu: (y, dy) => `select(0.0, ${dy}, ${y} > 0.0)`,
  tanh: (y, dy) => `${dy} * ((1.0 - ${y}) * (1.0 + ${y}))`,
  sigmoid: (y, dy) => `${dy} * (${y} * (1.0 - ${y}))`,
  softplus: (y, dy) => `${dy} * -expm1(-${y})`,
  elu: (y, dy) => `${dy} * min(${y} + 1.0, 1.0)`,
};

export const elementwise: Kernels<
  | "activation"
  | "activationGrad"
  | "exp"
  | "log"
  | "log1p"
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "affine"
  | "clamp"
  | "clampGrad"
  | "lessThan"
> = {
  activation: { form: "pointwise", write: ([x], { attrs }) => ACTIVATE[attrs.kind](x) },
  activationGrad: {
    form: "pointwise",
    write: ([y, dy], { attrs }) => SLOPE[attrs.kind](y, dy),
  },
  exp: pointwise((x) => `exponential(${x})`),
  log: pointwise((x) => `logarithm(${x})`),
  log1p: pointwise((x) => `log1p(${x})`),
  add: pointwise((a, b) => `${a} + ${b}`),
  sub: pointwise((a, b) => `${a} - ${b}`),
  mul: pointwise((a, b) => `${a} * ${b}`),
  div: pointwise((a, b) => `${a} / ${b}`),
  lessThan: pointwise((a, b) => `select(0.0, 1.0, ${a} < ${b})`),
  affine: {
    form: "pointwise",
    floats: ({ scale, offset }) => [scale, offset],
    write: ([x], { floats: [scale, offset] }) => `fma(${x}, ${scale}, ${offset})`,
  },
  clamp: {
    form: "pointwise",
    floats: ({ low, high }) => [low, high],
    write: ([x], { floats: [low, high] }) => `bounded(${x}, ${low}, ${high})`,
  },
  clampGrad: {
    form: "pointwise",
    floats: ({ low, high }) => [low, high],
    write: ([x, dy], { floats: [low, high] }) =>
      `select(0.0, ${dy}, ${x} > ${low} && ${x} < ${high})`,
  },
};
