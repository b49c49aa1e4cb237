/** Optimiser steps in float64, in place; formulas in `ops/optimizer.ts`. */
import { at, type Kernel, put, size, type View } from "./view.ts";

export const clipScale: Kernel<"clipScale"> = (out, [squaredNorm], { maxNorm }) => {
  const squared = at(squaredNorm, 0, 0);
  put(out, 0, 0, Number.isFinite(squared) ? Math.min(1, maxNorm / Math.sqrt(squared)) : NaN);
};

export const sgdStep: Kernel<"sgdStep"> = (
  _out,
  [param, grad, velocity, scale, schedule],
  { momentum },
) => {
  const factor = at(scale, 0, 0), rate = at(schedule, 0, 0);
  if (!Number.isFinite(factor)) return;
  for (let i = 0; i < size(param); i++) {
    const step = momentum * flat(velocity, i) + factor * flat(grad, i);
    velocity.data[velocity.offset + i] = step;
    param.data[param.offset + i] -= rate * step;
  }
};

export const adamStep: Kernel<"adamStep"> = (
  _out,
  [param, grad, m, v, scale, schedule],
  { beta1, beta2, epsilon, weightDecay },
) => {
  const factor = at(scale, 0, 0);
  const [rate, correction1, correction2] = [0, 1, 2].map((col) => at(schedule, 0, col));
  if (!Number.isFinite(factor)) return;
  for (let i = 0; i < size(param); i++) {
    const g = factor * flat(grad, i);
    const first = beta1 * flat(m, i) + (1 - beta1) * g;
    const second = beta2 * flat(v, i) + (1 - beta2) * g * g;
    m.data[m.offset + i] = first;
    v.data[v.offset + i] = second;
    const step = first / correction1 / (Math.sqrt(second / correction2) + epsilon);
    const decayed = flat(param, i) * (1 - rate * weightDecay);
    param.data[param.offset + i] = decayed - rate * step;
  }
};

function flat(view: View, i: number): number {
  return view.data[view.offset + i];
}
