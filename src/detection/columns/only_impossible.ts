/**
 * Finds the cell of a column that is impossible but for itself: without it, another kind would be inferred, which rules
 * its value out. A column of zeros and ones with a single 2 is a count, and without the 2 binary.
 */
import { isImpossible } from "../../scoring/table/impossible.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import { kindOfNumbers } from "./infer_schema.ts";

/**
 * @param column its inferred schema
 * @param ofCategories whether unknown levels of categories are impossible
 * @returns the value of that cell, which no other has
 */
export function onlyImpossible(
  column: ColumnSchema,
  values: Float64Array,
  ofCategories: boolean,
): number | undefined {
  const { kind, levels, format } = column;
  if (kind === "timestamp") return undefined;
  if (levels && !isZeroOne(levels)) return onlyText(levels, values, ofCategories);
  const { lows, highs, fractions, fraction } = extremesOf(values);
  return [lows[0], highs[0], fraction].find((value) => {
    const kind = kindOfNumbers({
      smallest: lows[Number(value === lows[0])],
      largest: highs[Number(value === highs[0])],
      whole: fractions === Number(!Number.isInteger(value)),
    });
    if (kind === "binary" && !format) return value !== 0 && value !== 1;
    return isImpossible({ name: column.name, kind: kind === "binary" ? "count" : kind }, value);
  });
}

/** Of texts: the only cell of a third text besides two, or of an unknown level, or the only other one than all. */
function onlyText(
  levels: readonly string[],
  values: Float64Array,
  ofCategories: boolean,
): number | undefined {
  if (levels.length === 0) return undefined;
  const counts = new Uint32Array(levels.length + 1);
  for (const value of values) if (value === value) counts[value]++;
  if (counts[levels.length] === 1 && (ofCategories || levels.length === 2)) return levels.length;
  const single = counts.indexOf(1);
  return ofCategories && levels.length === 2 && single >= 0 ? single : undefined;
}

function isZeroOne(levels: readonly string[]): boolean {
  return levels.length === 2 && levels[0] === "0" && levels[1] === "1";
}

/** The two smallest and largest cells, how many are not whole, and the last of these. */
function extremesOf(values: Float64Array) {
  const lows = [Infinity, Infinity], highs = [-Infinity, -Infinity];
  let fractions = 0, fraction = NaN;
  for (const value of values) {
    if (value < lows[1]) lows[1] = value;
    if (value < lows[0]) [lows[1], lows[0]] = [lows[0], value];
    if (value > highs[1]) highs[1] = value;
    if (value > highs[0]) [highs[1], highs[0]] = [highs[0], value];
    if (value % 1 !== 0 && value === value) [fractions, fraction] = [fractions + 1, value];
  }
  return { lows, highs, fractions, fraction };
}
