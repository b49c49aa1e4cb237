/**
 * The order in which the levels of a category are compared: that of their names.
 *
 * Codes are in the order of how often levels occur in the rows of the fit. In that order, these rows have more cells
 * among the first levels than other rows like them, because being frequent by chance put a level there: with forty
 * stores, all as frequent, the distribution functions of 300 rows and of others differ by 0.14. No level owes its name
 * to chance. Texts that are no level come last.
 */
import type { ColumnSchema } from "../../scoring/table/schema.ts";

/** For each code, its place by name; undefined for columns whose numbers or levels have an order of their own. */
export type LevelPlaces = Float64Array | undefined;

/** The places of the levels of a column. */
export function levelPlaces({ kind, levels = [] }: ColumnSchema): LevelPlaces {
  if (kind !== "categorical") return undefined;
  const codes = [...levels.keys()].sort((a, b) => levels[a] < levels[b] ? -1 : 1);
  const places = new Float64Array(levels.length + 1).fill(levels.length);
  codes.forEach((code, place) => places[code] = place);
  return places;
}

/** The values of a column in the order in which they are compared. */
export function inPlace(values: Float64Array, places: LevelPlaces): Float64Array {
  return places ? values.map((code) => code === code ? places[code] : code) : values;
}
