/**
 * Scores the steps of a series by what scores its windows: each step is the mean over the windows that
 * hold it (`windows.ts`), and a column's part of it the sum over its places in a window, averaged alike.
 * Rows handed over together are consecutive steps of one series.
 */
import type { RowScorer } from "../row_scorer.ts";
import type { Cells } from "../standardize.ts";
import { countWindows, overSteps, stepMeans, windowsOf } from "./windows.ts";

/** Windows cut out at a time: overlapping, they take `window` times the memory of their steps. */
const CHUNK = 1024;

export class WindowScorer implements RowScorer {
  readonly #windows: RowScorer;
  readonly #columns: number;
  readonly #size: number;
  readonly #cells: Float64Array;

  /** @param windows scores rows of `size` · `columns` cells, oldest step first */
  constructor(windows: RowScorer, columns: number, size: number) {
    this.#windows = windows;
    this.#columns = columns;
    this.#size = size;
    this.#cells = new Float64Array(size * columns);
  }

  scoreCells(cells: Cells): { scores: Float64Array; raw: Float64Array } {
    const { scores, raw } = this.scoreWindows(cells);
    return {
      scores: stepMeans(scores, 1, this.#size),
      raw: stepMeans(raw, this.#columns, this.#size),
    };
  }

  /**
   * The windows themselves, in order, and their parts by column.
   * @throws RangeError for a series shorter than one window
   */
  scoreWindows(cells: Cells): { scores: Float64Array; raw: Float64Array } {
    const columns = this.#columns, size = this.#size;
    const count = countWindows(cells.rows, size);
    if (count === 0) {
      throw new RangeError(
        `Cannot score series: expected at least the ${size} steps of a window: current value is ${cells.rows}`,
      );
    }
    const scores = new Float64Array(count), raw = new Float64Array(count * columns);
    for (let first = 0; first < count; first += CHUNK) {
      const rows = Math.min(CHUNK, count - first);
      const part = this.#windows.scoreCells(windowsOf(cells, columns, size, first, rows));
      scores.set(part.scores, first);
      raw.set(overSteps(part.raw, columns, size), first * columns);
    }
    return { scores, raw };
  }

  /** One window, whose parts by column go to `raw`. */
  scoreWindow(window: ArrayLike<number>, raw: Float64Array): number {
    const cells = this.#cells, columns = this.#columns;
    const score = this.#windows.scoreRow(window, cells);
    raw.fill(0);
    for (let i = 0; i < cells.length; i++) raw[i % columns] += cells[i];
    return score;
  }

  scoreRow(): number {
    throw new TypeError(
      "Cannot score one row: the steps of a series are scored together, or by a stream",
    );
  }

  dispose(): void {
    this.#windows.dispose();
  }
}
