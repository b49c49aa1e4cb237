/**
 * Scores a series step by step as it arrives, using the memory of two windows. Each step is scored at once, by the
 * window that ends with it, and its p-value is among the scores of single held-out windows.
 *
 * `score` also knows the steps that follow, and takes the mean over all windows that contain a step. A stream does not,
 * so it detects a fault later, by up to a window, and its scores differ.
 */
import type { CellValue } from "../table/table_rows.ts";
import type { Calibration } from "../decisions/calibration.ts";
import { Ballot, type Vote } from "./vote.ts";

/** The verdict on the newest step. */
export interface StepVerdict {
  /** Score of the window that ends with the step, nats. */
  readonly score: number;
  /** Split-conformal p-value, among windows. */
  readonly pValue: number;
  /** Whether the vote passes; without a vote, whether pValue ≤ false-alarm rate. */
  readonly anomaly: boolean;
  /** Nats by column, summed over the window, in order; they sum to the score. */
  readonly contributions: Float64Array;
}

/** One row, as `score` takes them. A typed array holds cells as `toCells` returns them, and is not checked. */
export type SeriesStep = Float64Array | Float32Array | readonly CellValue[] | object;

/** What a stream needs of a model. */
export interface StreamModel {
  /** Columns of a step. */
  readonly columns: number;
  /** Steps of a window. */
  readonly window: number;
  /** Scores of single windows. */
  readonly calibration: Calibration;
  /** Decides at the current false-alarm rate. */
  readonly isAnomaly: (pValue: number) => boolean;
  /** The cells of a step. @throws TypeError or RangeError for one that its column does not accept */
  readonly cellsOf: (row: SeriesStep) => ArrayLike<number>;
  /** Score, p-value and contributions of the cells of one window; valid until any stream of the model scores one. */
  readonly scoreWindow: (window: Float64Array) => Float64Array;
}

/** Scores a series step by step. */
export class SeriesStream {
  readonly #model: StreamModel;
  readonly #ballot?: Ballot;
  /** Two windows long, so that the newest window is always contiguous. */
  readonly #steps: Float64Array;
  readonly #contributions: Float64Array;
  #count = 0;

  /** Usually called through `TableScorer.stream`. */
  constructor(model: StreamModel, vote?: Vote) {
    const { window, columns } = model;
    this.#model = model;
    this.#ballot = vote && new Ballot(vote);
    this.#steps = new Float64Array(2 * window * columns);
    this.#contributions = new Float64Array(columns);
  }

  /**
   * Adds the next step. A refused step is not added.
   * @returns undefined until there is a whole window; each call overwrites `contributions`
   * @throws TypeError or RangeError for a wrong number of cells, a cell that its column does not accept, or a score
   *   that is not finite
   */
  push(row: SeriesStep): StepVerdict | undefined {
    const { columns, window, calibration } = this.#model, cells = this.#model.cellsOf(row);
    if (cells.length !== columns) {
      throw new RangeError(
        `Cannot score step: expected ${columns} numbers, got ${cells.length}`,
      );
    }
    const steps = this.#steps, width = window * columns;
    if (this.#count === 2 * window) {
      steps.copyWithin(0, width + columns);
      this.#count = window - 1;
    }
    steps.set(cells, this.#count++ * columns);
    if (this.#count < window) return undefined;
    const contributions = this.#contributions.fill(0);
    const out = this.#model.scoreWindow(this.newestWindow);
    for (let i = 2; i < out.length; i++) contributions[(i - 2) % columns] += out[i];
    const score = out[0], pValue = calibration.pValue(score);
    const flag = this.#model.isAnomaly(pValue);
    return { score, pValue, anomaly: this.#ballot?.cast(flag) ?? flag, contributions };
  }

  /**
   * The cells of the newest window; valid until the next step.
   * @internal
   */
  get newestWindow(): Float64Array {
    const { columns, window } = this.#model, end = this.#count;
    return this.#steps.subarray((end - window) * columns, end * columns);
  }
}
