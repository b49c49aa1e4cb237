/** Names of the columns that a model was fitted to, as in specs. Files are matched to the model by these names. */
import { show } from "../core/validate.ts";

/**
 * Parses the names; empty if there are none.
 * @throws TypeError or RangeError unless the names are distinct, one for each column
 */
export function parseColumns(
  value: unknown,
  width: number,
): { readonly columns?: readonly string[] } {
  if (value === undefined) return {};
  // Spread, so that holes of a sparse array become undefined and are refused.
  if (!Array.isArray(value) || ![...value].every((name) => typeof name === "string")) {
    throw new TypeError(
      `Cannot read spec.columns: expected a list of names, got ${show(value)}`,
    );
  }
  if (value.length !== width || new Set(value).size !== width) {
    throw new RangeError(
      `Cannot read spec.columns: expected ${width} different names, those of a condition or class last, got ${
        show(value.join())
      }`,
    );
  }
  return { columns: [...value] };
}
