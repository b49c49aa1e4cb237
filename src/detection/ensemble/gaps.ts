/**
 * How many cells a row may lack and still be like the rows that the surprisals of an ensemble are counted on.
 *
 *   gaps = the largest k such that at least one row in twenty lacks k cells or more; 0 where rows are whole
 *
 * Surprisals are shares of training rows as they come, gaps filled in by the regression. If a share s of these lacks as
 * much as a new row, then rows like it, be they stranger than all others, are no more surprising than -ln s: up to the 95 %
 * point what was counted (`scoring/ensemble/surprisal.ts`) knows them. Rows that lack more are none of those.
 */
import { TAIL } from "../../scoring/ensemble/surprisal.ts";
import type { Cells } from "../../scoring/table/cells.ts";

/** @param whole rows that lack nothing, counted beside those of the cells */
export function mostMissing({ data, rows }: Cells, columns: number, whole = 0): number {
  const missing = new Uint32Array(rows + whole);
  for (let i = 0; i < data.length; i++) {
    if (data[i] !== data[i]) missing[Math.floor(i / columns)]++;
  }
  missing.sort();
  return missing[missing.length - Math.ceil(TAIL * missing.length)] ?? 0;
}
