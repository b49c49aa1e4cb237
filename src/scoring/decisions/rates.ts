/**
 * Rates: shares of rows above 0 and below 1, and p-values beside them. A rate is a decimal and a p-value a
 * fraction, so that 0.1 · 3 / 30 is not 1 / 100 to the last digit: comparisons allow for that much.
 */

/** What a false-alarm or false-discovery rate may be. */
export const RATE = { above: 0, max: 0.999999 } as const;

/** What a least confidence may be. */
export const CONFIDENCE = { min: 0.5, max: RATE.max } as const;

const ROUNDING = 1e-9;

/** p ≤ rate. */
export function isWithin(pValue: number, rate: number): boolean {
  return pValue <= rate * (1 + ROUNDING);
}

/** ⌈quotient⌉, of a quotient by a rate. */
export function roundedUp(quotient: number): number {
  return Math.ceil(quotient - ROUNDING);
}

/** ⌊rate · rows⌋. */
export function rowsWithin(rate: number, rows: number): number {
  return Math.floor(rate * rows + ROUNDING);
}
