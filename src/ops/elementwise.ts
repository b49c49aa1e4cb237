/**
 * Elementwise arithmetic. Operands of one row or one column stretch (`core/shape.ts`).
 *
 *   add a+b   sub a-b   mul a·b   div a/b   affine scale·x + offset   exp eˣ   log ln x
 *   log1p ln(1 + x), relatively accurate near 0
 *   clamp min(max(x, low), high)   clampGrad dy where low < x < high, else 0
 *   lessThan 1 where a < b, else 0 (also if either is NaN); no derivative flows through it
 *   activation f(x), activationGrad dy · f'(x) written in y = f(x):
 *     identity 1 | relu y > 0 | tanh 1-y² | sigmoid y(1-y) | softplus 1-e⁻ʸ | elu y > 0 ? 1 : y+1
 *
 * softplus(x) = max(x, 0) + log1p(e^-|x|): finite for every finite x.
 */
import { sumTo } from "./shapes.ts";
import { negative, scaled, shifted } from "./shorthand.ts";
import { notDifferentiable, type OpSpec } from "./spec.ts";

export const add: OpSpec<"add"> = {
  arity: 2,
  vjp: (e, { inputs: [a, b] }, dy) => [() => sumTo(e, dy, a.shape), () => sumTo(e, dy, b.shape)],
  inPlace: true,
};

export const sub: OpSpec<"sub"> = {
  arity: 2,
  vjp: (e, { inputs: [a, b] }, dy) => [
    () => sumTo(e, dy, a.shape),
    () => sumTo(e, negative(e, dy), b.shape),
  ],
  inPlace: true,
};

export const mul: OpSpec<"mul"> = {
  arity: 2,
  vjp: (e, { inputs: [a, b] }, dy) => [
    () => sumTo(e, e.mul(dy, b), a.shape),
    () => sumTo(e, e.mul(dy, a), b.shape),
  ],
  inPlace: true,
};

export const div: OpSpec<"div"> = {
  arity: 2,
  vjp: (e, { inputs: [a, b], output }, dy) => [
    () => sumTo(e, e.div(dy, b), a.shape),
    () => {
      const perB = e.div(e.mul(dy, output), b);
      return sumTo(e, negative(e, perB), b.shape);
    },
  ],
  inPlace: true,
};

export const affine: OpSpec<"affine"> = {
  arity: 1,
  infer: ([x]) => x,
  vjp: (e, { attrs: { scale } }, dy) => [() => scaled(e, dy, scale)],
  inPlace: true,
};

export const exp: OpSpec<"exp"> = {
  arity: 1,
  infer: ([x]) => x,
  vjp: (e, { output }, dy) => [() => e.mul(dy, output)],
  inPlace: true,
};

export const log: OpSpec<"log"> = {
  arity: 1,
  infer: ([x]) => x,
  vjp: (e, { inputs: [x] }, dy) => [() => e.div(dy, x)],
  inPlace: true,
};

export const log1p: OpSpec<"log1p"> = {
  arity: 1,
  infer: ([x]) => x,
  vjp: (e, { inputs: [x] }, dy) => [() => e.div(dy, shifted(e, x, 1))],
  inPlace: true,
};

export const clamp: OpSpec<"clamp"> = {
  arity: 1,
  infer: ([x]) => x,
  vjp: (e, { inputs: [x], attrs }, dy) => [() => e.clampGrad(x, dy, attrs)],
  inPlace: true,
};

export const clampGrad: OpSpec<"clampGrad"> = {
  arity: 2,
  vjp: (e, { inputs: [x, scaled], attrs }, dy) => [
    null,
    () => sumTo(e, e.clampGrad(x, dy, attrs), scaled.shape),
  ],
  inPlace: true,
};

export const activation: OpSpec<"activation"> = {
  arity: 1,
  infer: ([x]) => x,
  vjp: (e, { attrs, output }, dy) => [() => e.activationGrad(output, dy, attrs)],
  inPlace: true,
};

export const activationGrad: OpSpec<"activationGrad"> = {
  arity: 2,
  vjp: notDifferentiable("second derivatives of activations are not needed by any objective"),
  inPlace: true,
};

export const lessThan: OpSpec<"lessThan"> = {
  arity: 2,
  // A step function: its derivative is zero almost everywhere. Estimators that need a gradient build a surrogate.
  vjp: () => [null, null],
  inPlace: true,
};
