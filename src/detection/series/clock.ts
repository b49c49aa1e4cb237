/**
 * Lays the steps of a series out by their times, with rows of empty cells for missing steps:
 *
 *   gap    as many as fit into it at the usual spacing, if steps are evenly spaced
 *   back   where time goes back, another series begins, as in tables of several machines one below the other
 *
 * and at most a window of them, across which no window looks. If time goes back at more than a tenth of the steps, rows
 * are in another order; if more steps are missing than not, time is not what spaces them. Both are left as they are.
 * A short table of later steps does not tell that: it may lack more steps, unless most of its own are apart.
 */
import type { Cells } from "../../scoring/table/cells.ts";
import type { SeriesClock } from "../../scoring/table_model.ts";
import { MIN_GAP } from "./step_times.ts";

/** A larger share of steps that go back means another order. */
const MAX_BACKWARD_SHARE = 0.1;

/** Steps that a short table may lack. */
export const MAX_LACKING = 1 << 16;

/** Steps laid out by their times. */
export interface LaidOut {
  /** Some rows are empty. */
  readonly cells: Cells;
  /** Where each of the steps is among these rows. */
  readonly places: Uint32Array;
}

/**
 * @param seconds of the steps, NaN where missing
 * @param mayLack steps that may be missing, even if they are more than there are
 * @returns undefined if no step is missing, or times do not tell
 */
export function laidOut(
  { data, rows }: Cells,
  seconds: ArrayLike<number>,
  { spacing }: Pick<SeriesClock, "spacing">,
  window: number,
  mayLack: number = 0,
): LaidOut | undefined {
  const places = new Uint32Array(rows);
  let missing = 0, backward = 0, apart = 0;
  for (let r = 1; r < rows; r++) {
    const time = seconds[r] - seconds[r - 1];
    backward += Number(time < 0);
    const between = missingSteps(time, spacing, window);
    missing += between;
    apart += Number(between > 0);
    places[r] = r + missing;
  }
  const steps = { steps: rows, missing, apart, backward };
  if (missing === 0 || !doTimesTell(steps, mayLack)) return undefined;
  const columns = data.length / rows,
    cells = new Float64Array((rows + missing) * columns).fill(NaN);
  places.forEach((place, r) => {
    cells.set(data.subarray(r * columns, (r + 1) * columns), place * columns);
  });
  return { cells: { data: cells, rows: rows + missing }, places };
}

/** What the times of steps say. */
export interface StepCounts {
  readonly steps: number;
  /** Steps missing between them. */
  readonly missing: number;
  /** Steps before which some are missing. */
  readonly apart: number;
  /** Steps before which time goes back. */
  readonly backward: number;
}

/** Whether times are what spaces these steps. @param mayLack steps that may be missing, even if they are more */
export function doTimesTell(
  { steps, missing, apart, backward }: StepCounts,
  mayLack: number,
): boolean {
  const isSparse = missing > steps && (missing > mayLack || 2 * apart > steps);
  return !isSparse && backward <= MAX_BACKWARD_SHARE * steps;
}

/** The number of missing steps between two that are so many seconds apart. @param spacing 0 if uneven */
export function missingSteps(seconds: number, spacing: number, window: number): number {
  if (seconds < 0) return window;
  if (!(spacing > 0 && seconds > MIN_GAP * spacing)) return 0;
  return Math.min(window, Math.round(seconds / spacing) - 1);
}
