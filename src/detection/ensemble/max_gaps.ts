/**
 * The number of cells that a row may lack while still being like the rows that the surprisals are fitted on.
 *
 *   gaps = the largest k such that at least one row in twenty lacks k cells or more; 0 if rows are whole
 *
 * Surprisals are shares of training rows with their gaps, which the regression fills. If a share s of these lacks as
 * many cells as a new row, then such rows have a surprisal of at most -ln s, even if they are the strangest of all: the
 * curve covers them up to the 95 % quantile, where its tail begins (`scoring/ensemble/surprisal.ts`). Rows that lack
 * more cells are not covered.
 */
import { TAIL } from "../../scoring/ensemble/surprisal.ts";
import type { Cells } from "../../scoring/table/cells.ts";

/** @param completeRows number of complete rows to count in addition to the cells */
export function maxGaps({ data, rows }: Cells, columns: number, completeRows = 0): number {
  const missing = new Uint32Array(rows + completeRows);
  for (let i = 0; i < data.length; i++) {
    if (data[i] !== data[i]) missing[Math.floor(i / columns)]++;
  }
  missing.sort();
  return missing[missing.length - Math.ceil(TAIL * missing.length)] ?? 0;
}
