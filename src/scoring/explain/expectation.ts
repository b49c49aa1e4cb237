/** What is expected of a cell, and what can say so. */
import type { Cells } from "../table/cells.ts";

/** Of one cell, in the numbers of `Cells`: of a level its code. NaN where there is nothing to say. */
export interface CellExpectation {
  readonly expected: number;
  /** The ends of the interval. */
  readonly low: number;
  readonly high: number;
  /** Of the level expected. */
  readonly probability: number;
}

export const NOTHING: CellExpectation = { expected: NaN, low: NaN, high: NaN, probability: NaN };

export interface Expecting {
  /**
   * @param blamed as many columns for each row, those blamed most first; -1 for none
   * @param level the share of ordinary cells that lie within their interval
   */
  expect(cells: Cells, blamed: Int32Array, level: number): CellExpectation[];
  /** How much each cell, `[rows, columns]`, is off from what the others would have it be; at least 0. */
  shares(cells: Cells): Float64Array;
}
