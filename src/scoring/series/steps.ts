/** Scores the steps of a series by scoring its windows. */
import type { Cells } from "../table/cells.ts";
import { overSteps, requireWindows, spanMeans, spansOf, windowsOf } from "./windows.ts";

/** Windows per batch: as they overlap, they take a window's length times the memory of their steps. */
const CHUNK = 1024;

/** Numbers per batch, for wide windows. */
const CHUNK_NUMBERS = 1 << 22;

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
 * Scores the steps: means over the windows of their series that contain them.
 * @throws RangeError for fewer steps than one window
 */
export function scoreSteps(
  cells: Cells,
  { columns, window }: SeriesShape,
  scoreRows: (windows: Cells) => Scored,
): Scored {
  const count = requireWindows(cells.rows, window), spans = spansOf(cells, columns, window);
  const scores = new Float64Array(count), contributions = new Float64Array(count * columns);
  for (const { from, to } of spans) {
    for (let first = from, rows; first <= to - window; first += rows) {
      rows = Math.ceil(Math.min(CHUNK, CHUNK_NUMBERS / window / columns, to - window + 1 - first));
      const part = scoreRows(windowsOf(cells, columns, window, first, rows));
      scores.set(part.scores, first);
      contributions.set(overSteps(part.contributions, columns, window), first * columns);
    }
  }
  return {
    scores: spanMeans(scores, spans, 1, window),
    contributions: spanMeans(contributions, spans, columns, window),
  };
}
