/** Validation of layer widths in specs. */
import { requireNumber } from "../core/validate.ts";

/** Widths above this are refused: no table or image that fits a browser needs them. */
export const MAX_WIDTH = 65_536;

/** @throws TypeError or RangeError naming the field unless `value` is a whole number from 1 */
export function requireWidth(field: string, value: unknown): number {
  return requireNumber(field, value, { min: 1, max: MAX_WIDTH, integer: true });
}
