/** Scores the steps of a series by scoring its windows. */
import type { Cells } from "../table/cells.ts";
import { overSteps, requireWindows, stepMeans, windowsOf } from "./windows.ts";

/** Windows per batch: as they overlap, they take a window's length times the memory of their steps. */
const CHUNK = 1024;

/** Scores of rows, and contributions, which sum to the score in each row. */
export interface Scored {
  readonly scores: Float64Array;
  readonly contributions: Float64Array;
}

/** The shape of a series and its windows. */
export interface SeriesShape {
  readonly columns: number;
  /** Steps of a window. */
  readonly window: number;
}

/**
 * Scores the windows of a series in order, with their contributions by column.
 * @throws RangeError for a series shorter than one window
 */
function scoreWindows(
  cells: Cells,
  { columns, window }: SeriesShape,
  scoreRows: (windows: Cells) => Scored,
): Scored {
  const count = requireWindows(cells.rows, window);
  const scores = new Float64Array(count), contributions = new Float64Array(count * columns);
  for (let first = 0; first < count; first += CHUNK) {
    const rows = Math.min(CHUNK, count - first);
    const part = scoreRows(windowsOf(cells, columns, window, first, rows));
    scores.set(part.scores, first);
    contributions.set(overSteps(part.contributions, columns, window), first * columns);
  }
  return { scores, contributions };
}

/** Scores the steps: means over the windows that contain them. */
export function scoreSteps(
  cells: Cells,
  shape: SeriesShape,
  scoreRows: (windows: Cells) => Scored,
): Scored {
  const windows = scoreWindows(cells, shape, scoreRows);
  return {
    scores: stepMeans(windows.scores, 1, shape.window),
    contributions: stepMeans(windows.contributions, shape.columns, shape.window),
  };
}
