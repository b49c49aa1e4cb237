/**
 * Numerically stable constants and scalar functions, each with the failure of the form that it replaces. Kernels use
 * the same formulas; these functions serve the float64 reference and the host. All take and return float64.
 */
import { portableExp, portableLog, portableLog1p } from "./portable.ts";

/** The range of log-variances: e^-30, e^20 and their products with data are finite in float32. */
export const LOG_VARIANCE = { low: -30, high: 20 } as const;

/** e^20 and its square root. Written out: when a module is loaded, exp has yet to be compiled, which takes 0.2 ms. */
export const MAX_VARIANCE = 485165195.4097903, MAX_SCALE = 22026.465794806718;

/** ln 2π. */
export const LN_2PI = 1.8378770664093453;

/** ln(1 + eˣ) = max(x, 0) + log1p(e^-|x|). ln(1 + exp(x)) is Infinity at x = 710 and 0 at x = -37. */
export function softplus(x: number): number {
  return Math.max(x, 0) + portableLog1p(portableExp(-Math.abs(x)));
}

/** 1 / (1 + e⁻ˣ), from e^-|x| ≤ 1. eˣ / (1 + eˣ) is NaN at x = 710. */
export function sigmoid(x: number): number {
  const small = portableExp(-Math.abs(x));
  return (x < 0 ? small : 1) / (1 + small);
}

/**
 * ln Σ eˣ = m + ln Σ eˣ⁻ᵐ, with m the largest x: a plain Σ eˣ overflows at 710 and is 0 at -746. The result is
 * -Infinity if every value is, or if there are no values; it is +Infinity if any value is.
 */
export function logSumExp(values: ArrayLike<number>): number {
  let largest = -Infinity;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i]);
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += portableExp(values[i] - largest);
  return largest + portableLog(sum);
}

/**
 * ½ (1 + cos πt), falling from 1 at t = 0 to 0 at t = 1, with + and · only, because schedules must not depend on the
 * host's Math.cos. Computed as cos²(πt/2), that is, 1 - sin² or sin² of an angle in [0, π/4]. Error ≤ 4e-16 on [0, 1].
 */
export function cosineRamp(t: number): number {
  const isFirstHalf = t <= 0.5;
  const sine = sinQuarterTurn(isFirstHalf ? t : 1 - t);
  return isFirstHalf ? 1 - sine * sine : sine * sine;
}

/** sin(πu/2) for u in [0, ½]: the Taylor series up to x^17, with a remainder below 1e-19. */
function sinQuarterTurn(u: number): number {
  const x = u * (Math.PI / 2);
  const square = x * x;
  let sum = 1;
  for (let k = 16; k > 0; k -= 2) sum = 1 - sum * (square / (k * (k + 1)));
  return x * sum;
}
