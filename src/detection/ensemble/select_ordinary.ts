/**
 * Selects the most ordinary rows without losing any level of a column. A row with a rare level scores high even if the
 * rest of it is ordinary: if every tenth row says "no", the stranger half of a table contains all of them, and a fit to
 * the other half scores each "no" above the real faults.
 *
 *   each level of a binary, categorical or ordinal column keeps at least half of the rows that it would keep if all
 *   levels were trimmed equally, its most ordinary ones; rare levels come first, and the rest of the count goes to the
 *   most ordinary of the other rows
 */
import type { Cells } from "../../scoring/table/cells.ts";
import { type ColumnSchema, hasLevels } from "../../scoring/table/schema.ts";

/** Half, because a level may also be what the anomalies have in common; it then becomes rarer. */
const MIN_LEVEL_SHARE = 0.5;

/**
 * @param ranked rows, the most ordinary first
 * @param count number of rows to keep
 * @returns the indices of the kept rows, ascending
 */
export function selectOrdinary(
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
    group.slice(0, Math.floor(MIN_LEVEL_SHARE * group.length * count / cells.rows)).forEach(keep);
  }
  ranked.forEach(keep);
  return Uint32Array.from(kept).sort();
}

/** The rows of a column grouped by value, each group in the order of the ranks. */
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
