/**
 * Optimiser steps, in place; formulas in src/ops/optimizer.ts. A step with a non-finite scale changes nothing. Square
 * roots and quotients are correctly rounded, so a step is accurate to a few ULP.
 *
 * Moments are rounded to multiples of 2^-126. Otherwise the moments of a unit without gradient would shrink to the
 * smallest subnormal number and stay there, because 0.9 times that rounds to itself, and processors are slow with
 * subnormal numbers (ADR 70).
 */
import { at, constant, loadLanes, storeLanes } from "./memory";
import { madd } from "./simd/fma";

// 1.5 · 2^-103. Adding it, then subtracting it, rounds small numbers to multiples of 2^-126 and leaves large ones
// unchanged.
const ROUNDER = memory.data<u32>([0x0c400000], 4);

/** out [1, 1] = min(1, maxNorm / √squaredNorm); NaN if the squared norm is not finite. */
export function clipScale(out: usize, squaredNorm: usize, maxNorm: f32): void {
  const squared = load<f32>(squaredNorm);
  const scale = min(<f32>1, maxNorm / sqrt(squared));
  store<f32>(out, isFinite(squared) ? scale : NaN as f32);
}

/**
 * @param schedule [1, 3]: learning rate, 1 - β₁ᵗ, 1 - β₂ᵗ
 * @param rest1, rest2 1 - β₁ and 1 - β₂: subtracting in float32 would lose digits
 */
export function adamStep(
  param: usize,
  count: i32,
  grad: usize,
  m: usize,
  v: usize,
  scale: usize,
  schedule: usize,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  weightDecay: f32,
  rest1: f32,
  rest2: f32,
): void {
  const factor = load<f32>(scale);
  if (!isFinite(factor)) return;
  const factors = f32x4.splat(factor);
  const keep1 = f32x4.splat(beta1), keep2 = f32x4.splat(beta2);
  const add1 = f32x4.splat(rest1), add2 = f32x4.splat(rest2);
  const rate = load<f32>(schedule), epsilons = f32x4.splat(epsilon);
  // One division per element: rate / (1 - β₁ᵗ) and √(1 - β₂ᵗ) are computed once.
  const minusRate = f32x4.splat(-rate / load<f32>(schedule, 4));
  const shrink = f32x4.splat(<f32>1 / sqrt(load<f32>(schedule, 8)));
  const decay = f32x4.splat(<f32>1 - rate * weightDecay);
  const rounder = constant(ROUNDER);
  const whole = count & ~3, end = at(param, whole);
  for (; param < end; param += 16, grad += 16, m += 16, v += 16) {
    adam4(param, grad, m, v, 4, factors, keep1, keep2, add1, add2, minusRate, shrink, epsilons, decay, rounder);
  }
  const rest = count - whole;
  if (rest == 0) return;
  adam4(param, grad, m, v, rest, factors, keep1, keep2, add1, add2, minusRate, shrink, epsilons, decay, rounder);
}

@inline
function adam4(
  param: usize,
  grad: usize,
  m: usize,
  v: usize,
  lanes: i32,
  factors: v128,
  keep1: v128,
  keep2: v128,
  add1: v128,
  add2: v128,
  minusRate: v128,
  shrink: v128,
  epsilons: v128,
  decay: v128,
  rounder: v128,
): void {
  const g = f32x4.mul(loadLanes(grad, lanes), factors);
  const first = f32x4.sub(madd(keep1, loadLanes(m, lanes), madd(add1, g, rounder)), rounder);
  const second = f32x4.sub(madd(keep2, loadLanes(v, lanes), madd(add2, f32x4.mul(g, g), rounder)), rounder);
  storeLanes(m, first, lanes);
  storeLanes(v, second, lanes);
  const step = f32x4.div(first, madd(f32x4.sqrt(second), shrink, epsilons));
  const decayed = f32x4.mul(loadLanes(param, lanes), decay);
  storeLanes(param, madd(minusRate, step, decayed), lanes);
}

/** @param schedule [1, 3]; only the first, the learning rate, is used */
export function sgdStep(
  param: usize,
  count: i32,
  grad: usize,
  velocity: usize,
  scale: usize,
  schedule: usize,
  momentum: f32,
): void {
  const factor = load<f32>(scale);
  if (!isFinite(factor)) return;
  const factors = f32x4.splat(factor), momenta = f32x4.splat(momentum), rounder = constant(ROUNDER);
  const minusRate = f32x4.splat(-load<f32>(schedule));
  for (let i = 0; i < count; i += 4) {
    const lanes = min(count - i, 4);
    const g = f32x4.mul(loadLanes(at(grad, i), lanes), factors);
    const step = f32x4.sub(madd(momenta, loadLanes(at(velocity, i), lanes), f32x4.add(g, rounder)), rounder);
    storeLanes(at(velocity, i), step, lanes);
    storeLanes(at(param, i), madd(minusRate, step, loadLanes(at(param, i), lanes)), lanes);
  }
}
