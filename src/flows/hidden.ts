/** Parses the widths of the hidden layers of a flow's network. */
import { requireNumber } from "../core/validate.ts";

const DEFAULT = [64];
const MAX_LAYERS = 8, MAX_WIDTH = 65_536;

/** @throws TypeError or RangeError naming the field */
export function parseHidden(field: string, value: unknown = DEFAULT): readonly number[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > MAX_LAYERS) {
    throw new TypeError(`Cannot read ${field}: expected a list of 1 to ${MAX_LAYERS} widths`);
  }
  const limits = { min: 1, max: MAX_WIDTH, integer: true };
  return value.map((width, i) => requireNumber(`${field}[${i}]`, width, limits));
}
