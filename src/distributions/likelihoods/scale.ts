/** The scale of a distribution around its centre: fixed, or the parameter `likelihood.logScale`. */
import { portableLog } from "../../core/portable.ts";
import { LOG_VARIANCE, MAX_SCALE } from "../../core/stable.ts";
import { type Fields, requireNumber } from "../../core/validate.ts";
import type { Node } from "../../ops/spec.ts";
import { LEARNED, logQuantity, parseQuantity, type Site } from "./definition.ts";

/** Limits of a scale, the square roots of the variance limits: e⁻¹⁵ (rounded up) to e¹⁰. */
const LIMITS = { min: 3.1e-7, max: MAX_SCALE } as const;

interface Scale {
  readonly scale: number | typeof LEARNED[number];
  readonly minScale: number;
}

/** Completes `scale` and `minScale`. */
export function parseScale(
  field: string,
  { scale = "perFeature", minScale = LIMITS.min }: Fields,
): Scale {
  if (typeof scale === "number" && minScale !== LIMITS.min) {
    throw new TypeError(`Cannot read ${field}.minScale: the scale is fixed`);
  }
  return {
    scale: parseQuantity(`${field}.scale`, scale, LIMITS, LEARNED),
    minScale: requireNumber(`${field}.minScale`, minScale, LIMITS),
  };
}

/** ln of the scale, broadcastable to `[r, D]`. */
export function logScale(site: Site, { scale, minScale }: Scale): Node {
  const range = { low: portableLog(minScale), high: LOG_VARIANCE.high / 2 };
  return logQuantity(site, "logScale", scale, range);
}
