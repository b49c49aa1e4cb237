/** Names of the columns that a model was fitted to, as specs state them: rows of files are then found by name. */
import { show } from "../core/validate.ts";

/**
 * Absent where they have none.
 * @throws TypeError or RangeError unless they are different names, one for each column
 */
export function parseColumns(
  value: unknown,
  width: number,
): { readonly columns?: readonly string[] } {
  if (value === undefined) return {};
  // Spread, so that holes are seen.
  if (!Array.isArray(value) || ![...value].every((name) => typeof name === "string")) {
    throw new TypeError(
      `Cannot read spec.columns: expected a list of names: current value is ${show(value)}`,
    );
  }
  if (value.length !== width || new Set(value).size !== width) {
    throw new RangeError(
      `Cannot read spec.columns: there must be ${width} different names, those of a condition or class last: current value is ${
        show(value.join())
      }`,
    );
  }
  return { columns: [...value] };
}
