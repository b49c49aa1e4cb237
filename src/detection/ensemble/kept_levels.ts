/**
 * Which rows stay when the stranger ones are left out, such that no level of a column is lost. A row with a rare level
 * is strange, however ordinary the rest of it is: if every tenth row says "no", the stranger half of a table has them
 * all, and whatever is fitted to the other half takes each "no" for a fault, far above the real ones.
 *
 *   each level of a binary, categorical or ordinal column keeps at least half of the rows that it would keep if all
 *   levels were trimmed alike, its most ordinary ones; rare levels come first, and what is left of the count goes
 *   to the most ordinary of the other rows
 */
import type { Cells } from "../../scoring/table/cells.ts";
import { type ColumnSchema, hasLevels } from "../../scoring/table/schema.ts";

/** Half, because a level may also be what the anomalies have in common: then it becomes rarer. */
const SHARE = 0.5;

/**
 * @param ranked rows, the most ordinary first
 * @param count how many stay
 * @returns their places, ascending
 */
export function mostOrdinary(
  cells: Cells,
  schema: readonly ColumnSchema[],
  ranked: Uint32Array,
  count: number,
): Uint32Array {
  const kept = new Set<number>();
  const keep = (row: number) => kept.size < count && kept.add(row);
  const groups = schema.flatMap(({ kind }, c) =>
    hasLevels(kind) ? groupsOf(cells, schema.length, c, ranked) : []
  );
  for (const group of groups.sort((a, b) => a.length - b.length)) {
    group.slice(0, Math.floor(SHARE * group.length * count / cells.rows)).forEach(keep);
  }
  ranked.forEach(keep);
  return Uint32Array.from(kept).sort();
}

/** The rows of a column by their values, each in the order of the ranks. */
function groupsOf({ data }: Cells, columns: number, c: number, ranked: Uint32Array): number[][] {
  const groups = new Map<number, number[]>();
  for (const row of ranked) {
    const value = data[row * columns + c], group = groups.get(value);
    if (Number.isNaN(value)) continue;
    if (group) group.push(row);
    else groups.set(value, [row]);
  }
  return [...groups.values()];
}
