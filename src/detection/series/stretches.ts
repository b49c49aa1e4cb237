/**
 * The stretches of a series: what lies between its missing steps, rows in which every cell is missing. A window that
 * contains a missing step shows a jump from one stretch to the next, perhaps of another machine. So if stretches hold
 * enough whole windows, only these train and calibrate. Otherwise missing steps are cells to fill in, like any others.
 */
import { isEmpty } from "../../scoring/series/windows.ts";
import type { Cells } from "../../scoring/table/cells.ts";

/** Steps first … end - 1. */
export interface Steps {
  readonly first: number;
  readonly end: number;
}

/** The least share of the steps that must lie in stretches of a window or more. */
const MIN_SHARE = 0.5;

/** Length of a block, in windows: most windows of a block then lie entirely within it. */
const WINDOWS_PER_BLOCK = 3;

/** Stretches of at least one window, in order; all steps as one if these do not hold enough of them. */
export function stretchesOf(
  { data, rows }: Cells,
  columns: number,
  window: number,
): readonly Steps[] {
  const stretches: Steps[] = [];
  let first = 0, present = 0;
  for (let end = 0; end <= rows; end++) {
    if (end < rows && !isEmpty(data, columns, end)) {
      present++;
      continue;
    }
    if (end - first >= window) stretches.push({ first, end });
    first = end + 1;
  }
  const held = stretches.reduce((sum, { first, end }) => sum + end - first, 0);
  return held >= MIN_SHARE * present && held > 0 ? stretches : [{ first: 0, end: rows }];
}

/** The number of steps of which a cell is known. */
export function presentSteps({ data, rows }: Cells, columns: number): number {
  let present = 0;
  for (let step = 0; step < rows; step++) present += Number(!isEmpty(data, columns, step));
  return present;
}

/** The consecutive blocks of each stretch: at least two in all. */
export function blocksOf(stretches: readonly Steps[], window: number): readonly Steps[] {
  const least = stretches.length > 1 ? 1 : 2;
  return stretches.flatMap(({ first, end }) => {
    const count = Math.max(least, Math.floor((end - first) / (WINDOWS_PER_BLOCK * window)));
    const boundary = (block: number) => first + Math.round(block * (end - first) / count);
    return Array.from({ length: count }, (_, s) => ({ first: boundary(s), end: boundary(s + 1) }));
  });
}
