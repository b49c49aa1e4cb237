/**
 * The variance of a Gaussian (of x or of ln x): how a spec states it, and its logarithm as a node.
 *
 *   number      a constant                      shared, perFeature  the parameter `likelihood.logVar`
 *   perRow      the decoder's output `decoder.logVar`, one for each row and column
 */
import { portableLog } from "../../core/portable.ts";
import { LOG_VARIANCE, MAX_VARIANCE } from "../../core/stable.ts";
import { type Fields, requireNumber } from "../../core/validate.ts";
import type { Node } from "../../ops/spec.ts";
import { clampLogVariance } from "../diagonal_gaussian.ts";
import { head, type LEARNED, logQuantity, parseQuantity, type Site } from "./definition.ts";

/** Limits of a variance, from the log-variance range: e⁻³⁰ (rounded up) to e²⁰. */
const LIMITS = { min: 1e-13, max: MAX_VARIANCE } as const;

/** Completes `variance` and `minVariance`. */
export function parseVariance<C extends string>(
  field: string,
  { variance = "perFeature", minVariance = LIMITS.min }: Fields,
  choices: readonly C[],
): { variance: number | C; minVariance: number } {
  // A complete spec contains the default minimum even if the variance is fixed.
  if (typeof variance === "number" && minVariance !== LIMITS.min) {
    throw new TypeError(`Cannot read ${field}.minVariance: the variance is fixed`);
  }
  return {
    variance: parseQuantity(`${field}.variance`, variance, LIMITS, choices),
    minVariance: requireNumber(`${field}.minVariance`, minVariance, LIMITS),
  };
}

/** ln σ², broadcastable to `[r, D]`. */
export function logVariance(
  site: Site,
  variance: number | typeof LEARNED[number] | "perRow",
  minVariance: number,
): Node {
  const low = Math.max(portableLog(minVariance), LOG_VARIANCE.low);
  if (variance === "perRow") return clampLogVariance(site.scope.g, head(site, "logVar"), low);
  return logQuantity(site, "logVar", variance, { low, high: LOG_VARIANCE.high });
}
