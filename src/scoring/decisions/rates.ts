/**
 * Rates between 0 and 1, and their comparison with p-values. A rate is a decimal and a p-value a fraction, so floating
 * point makes 0.1 · 3 / 30 differ from 1 / 100 in the last digit: comparisons allow for that rounding.
 */

/** Valid range of a false-alarm or false-discovery rate. */
export const RATE = { above: 0, max: 0.999999 } as const;

/** Valid range of a minimum confidence. */
export const CONFIDENCE = { min: 0.5, max: RATE.max } as const;

const ROUNDING = 1e-9;

/** Whether p ≤ rate, up to rounding. */
export function isWithin(pValue: number, rate: number): boolean {
  return pValue <= rate * (1 + ROUNDING);
}

/** ⌈quotient⌉, up to rounding, where the divisor was a rate. */
export function roundedUp(quotient: number): number {
  return Math.ceil(quotient - ROUNDING);
}

/** ⌊rate · rows⌋, up to rounding. */
export function rowsWithin(rate: number, rows: number): number {
  return Math.floor(rate * rows + ROUNDING);
}
