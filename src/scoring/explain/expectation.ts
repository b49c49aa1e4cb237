/** The expected value of a cell, and the interface of models that predict it. */
import type { Cells } from "../table/cells.ts";

/** Expectation of one cell, in the numbers of `Cells`; for a level its code. NaN if there is none. */
export interface CellExpectation {
  readonly expected: number;
  /** Ends of the interval. */
  readonly low: number;
  readonly high: number;
  /** Probability of the expected level. */
  readonly probability: number;
}

export const NOTHING: CellExpectation = { expected: NaN, low: NaN, high: NaN, probability: NaN };

export interface ExpectationModel {
  /**
   * @param blamed the same number of columns for each row, most blamed first; -1 for none
   * @param level the share of ordinary cells that lie within their interval
   */
  expect(cells: Cells, blamed: Int32Array, level: number): CellExpectation[];
  /**
   * How much each cell, `[rows, columns]`, deviates from what the others predict; at least 0. Absent if only scores
   * tell.
   */
  shares?(cells: Cells): Float64Array;
}
