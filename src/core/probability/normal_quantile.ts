/**
 * The quantile of the standard normal, relative error below 1.15e-9: P. J. Acklam's rational approximation (2003), with
 * a central part for 0.02425 <= p <= 0.97575 and a tail, the other tail by symmetry.
 */
import { portableLog } from "../portable.ts";

const TAIL_PROBABILITY = 0.02425;

const A = [
  -39.69683028665376,
  220.9460984245205,
  -275.9285104469687,
  138.357751867269,
  -30.66479806614716,
  2.506628277459239,
];
const B = [
  -54.47609879822406,
  161.5858368580409,
  -155.6989798598866,
  66.80131188771972,
  -13.28068155288572,
  1,
];
const C = [
  -0.007784894002430293,
  -0.3223964580411365,
  -2.400758277161838,
  -2.549732539343734,
  4.374664141464968,
  2.938163982698783,
];
const D = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];

/** @param p in (0, 1) */
export function normalQuantile(p: number): number {
  if (p > 1 - TAIL_PROBABILITY) return -normalQuantile(1 - p);
  if (p < TAIL_PROBABILITY) {
    const q = Math.sqrt(-2 * portableLog(p));
    return horner(C, q) / horner(D, q);
  }
  const q = p - 0.5, r = q * q;
  return q * horner(A, r) / horner(B, r);
}

const horner = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, each) => sum * x + each, 0);
