/**
 * Draws from standard distributions on the host, in float64, from a sequence of uniform draws. They are the same on
 * every machine, because no transcendental function of the host is used (`core/portable.ts`).
 *
 *   normal   the polar method: Marsaglia and Bray, 1964
 *   gamma    squeeze and rejection: Marsaglia and Tsang, 2000
 *   poisson  products of uniforms below rate 10; transformed rejection (PTRS) above: Hörmann, 1993
 *
 * The number of uniform draws used varies, so every cell has its own sequence.
 */
import type { HostRandom } from "./philox.ts";
import { portableExp, portableLog } from "../portable.ts";
import { LN_2PI } from "../stable.ts";

/** Uniform on (0, 1), both ends excluded. */
export function openUniform(random: HostRandom): number {
  return random.uniformF64() || 2 ** -54;
}

/** N(0, 1). */
export function normal(random: HostRandom): number {
  for (;;) {
    const u = 2 * random.uniformF64() - 1, v = 2 * random.uniformF64() - 1;
    const square = u * u + v * v;
    if (square > 0 && square < 1) return u * Math.sqrt(-2 * portableLog(square) / square);
  }
}

/** Gamma of the given shape and scale 1. */
export function gamma(random: HostRandom, shape: number): number {
  if (shape < 1) {
    const boost = portableExp(portableLog(openUniform(random)) / shape);
    return gamma(random, shape + 1) * boost;
  }
  const d = shape - 1 / 3, c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random), root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root, u = openUniform(random);
    if (portableLog(u) < x * x / 2 + d * (1 - v + portableLog(v))) return d * v;
  }
}

/** Poisson of the given rate. */
export function poisson(random: HostRandom, rate: number): number {
  return rate < 10 ? countProducts(random, portableExp(-rate)) : transformedRejection(random, rate);
}

/** The number of uniform draws whose product stays above `limit`. */
function countProducts(random: HostRandom, limit: number): number {
  let count = 0;
  for (let product = openUniform(random); product > limit; product *= openUniform(random)) count++;
  return count;
}

/** PTRS, for rates of at least 10; the constants are the paper's. */
function transformedRejection(random: HostRandom, rate: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(rate), a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4), accepted = 0.9277 - 3.6224 / (b - 2);
  const logRate = portableLog(rate);
  for (;;) {
    const u = openUniform(random) - 0.5, v = openUniform(random);
    const us = 0.5 - Math.abs(u);
    const count = Math.floor((2 * a / us + b) * u + rate + 0.43);
    if (us >= 0.07 && v <= accepted) return count;
    if (count < 0 || (us < 0.013 && v > us)) continue;
    const bound = portableLog(v * inverseAlpha / (a / (us * us) + b));
    if (bound <= count * logRate - rate - logFactorial(count)) return count;
  }
}

/** ln n!: the log of the product for n < 20, else Stirling's series, whose next term is below 2e-15. */
function logFactorial(n: number): number {
  if (n < 20) {
    let product = 1;
    for (let i = 2; i <= n; i++) product *= i;
    return portableLog(product);
  }
  const r = 1 / n;
  const tail = r * (1 / 12 - r * r * (1 / 360 - r * r * (1 / 1260 - r * r / 1680)));
  return (n + 0.5) * portableLog(n) - n + LN_2PI / 2 + tail;
}
