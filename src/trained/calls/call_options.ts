/** Options of a call. */
import { requireObject } from "../../core/validate.ts";

/**
 * The options as they are, where the call has them all: one that is misspelt must not be passed over.
 * @param keys those beside `condition`, which every call has
 * @throws TypeError naming the key that it does not have
 */
export function callOptions<Options extends object>(
  options: Options,
  keys: readonly string[] = [],
): Options {
  requireObject("options", options, ["condition", ...keys]);
  return options;
}
