/**
 * Optimiser steps: effects that change parameters and state in place, after everything else has run.
 *
 *   clipScale(s) = min(1, maxNorm / √s), s the squared global gradient norm; NaN if s is not finite
 *   schedule [1, 3] = learning rate η, 1 - β₁ᵗ, 1 - β₂ᵗ of this step
 *   g = scale · grad; if scale is not finite nothing changes (the step is skipped)
 *   sgdStep   velocity ← momentum · velocity + g;  param ← param - η · velocity
 *   adamStep  m ← β₁ m + (1-β₁) g;  v ← β₂ v + (1-β₂) g²;
 *             param ← param · (1 - η · weightDecay) - η · (m / (1-β₁ᵗ)) / (√(v / (1-β₂ᵗ)) + ε)
 *
 * Adam: Kingma and Ba, 2015. With weightDecay > 0 it is AdamW: Loshchilov and Hutter, 2019.
 */
import { SCALAR, type Shape, sizeAt } from "../core/shape.ts";
import { requireShapes } from "./shapes.ts";
import { notDifferentiable, type OpSpec } from "./spec.ts";

const EFFECT = notDifferentiable("an optimiser step is an effect, not a value");

export const clipScale: OpSpec<"clipScale"> = {
  arity: 1,
  infer([squaredNorm]) {
    const scalar = squaredNorm.rows === 1 && squaredNorm.cols === 1 && !squaredNorm.batched;
    requireShapes("clipScale", scalar, "the squared norm must be a scalar", squaredNorm);
    return SCALAR;
  },
  vjp: EFFECT,
};

export const adamStep: OpSpec<"adamStep"> = {
  arity: 6,
  infer: ([param, grad, m, v, scale, schedule]) =>
    stepShape("adamStep", param, [grad, m, v], scale, schedule),
  vjp: EFFECT,
  effect: true,
};

export const sgdStep: OpSpec<"sgdStep"> = {
  arity: 5,
  infer: ([param, grad, velocity, scale, schedule]) =>
    stepShape("sgdStep", param, [grad, velocity], scale, schedule),
  vjp: EFFECT,
  effect: true,
};

function stepShape(
  op: string,
  param: Shape,
  perParam: readonly Shape[],
  scale: Shape,
  schedule: Shape,
): Shape {
  const size = sizeAt(param, 1);
  const agree = perParam.every((s) => !s.batched && sizeAt(s, 1) === size);
  requireShapes(op, agree, "gradient and state must have the parameter's size", param, ...perParam);
  requireShapes(
    op,
    scale.cols === 1 && schedule.cols === 3,
    "needs scale [1, 1], schedule [1, 3]",
    scale,
    schedule,
  );
  return param;
}
