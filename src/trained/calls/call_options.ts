/** Checks the options of a call. */
import { requireObject } from "../../core/validate.ts";

/**
 * Returns the options if all their keys are known, so that a misspelt one is not silently ignored.
 * @param keys the call's keys, besides `condition`, which every call has
 * @throws TypeError naming an unknown key
 */
export function callOptions<Options extends object>(
  options: Options,
  keys: readonly string[] = [],
): Options {
  requireObject("options", options, ["condition", ...keys]);
  return options;
}
