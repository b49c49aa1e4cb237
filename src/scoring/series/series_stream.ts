/**
 * A series scored step by step as it comes, in memory of two windows: each step at once, by the window that
 * ends with it. Its p-value is among the scores of single windows kept back from training.
 *
 * `score` knows what comes after a step and takes the mean over all windows that hold it. A stream does
 * not, so that it sees a fault later, by up to a window, and its scores are other numbers.
 */
import type { Calibration } from "../decisions/calibration.ts";
import { Ballot, type Vote } from "./vote.ts";

/** The verdict on the newest step. */
export interface StepVerdict {
  /** Of the window that ends with the step, nats. */
  readonly score: number;
  /** Split-conformal, among windows. */
  readonly pValue: number;
  /** Whether the vote is carried; without one, whether pValue ≤ false-alarm rate. */
  readonly anomaly: boolean;
  /** Nats by column over the window, in order; they sum to the score. */
  readonly contributions: Float64Array;
}

/** What a stream is judged by. */
export interface StreamModel {
  /** Of a step. */
  readonly columns: number;
  /** Steps of a window. */
  readonly window: number;
  /** Scores of single windows. */
  readonly calibration: Calibration;
  /** At the present false-alarm rate. */
  readonly isAnomaly: (pValue: number) => boolean;
  /** As `TableScorer.scoreInto`, for the cells of one window: score, p-value, contributions. */
  readonly scoreWindow: (window: Float64Array, out: Float64Array) => void;
}

/** Scores a series step by step. */
export class SeriesStream {
  readonly #model: StreamModel;
  readonly #ballot?: Ballot;
  /** Two windows long: the newest window is always in one piece. */
  readonly #steps: Float64Array;
  /** Score, p-value and the contribution of each cell of the window. */
  readonly #out: Float64Array;
  readonly #contributions: Float64Array;
  #count = 0;

  /** `TableScorer.stream` is the usual way. */
  constructor(model: StreamModel, vote?: Vote) {
    const { window, columns } = model;
    this.#model = model;
    this.#ballot = vote && new Ballot(vote);
    this.#steps = new Float64Array(2 * window * columns);
    this.#out = new Float64Array(2 + window * columns);
    this.#contributions = new Float64Array(columns);
  }

  /**
   * Takes the next step.
   * @returns undefined until there is a whole window; `contributions` is written anew by each call
   * @throws RangeError for another number of cells, or a score that is not finite
   */
  push(row: ArrayLike<number>): StepVerdict | undefined {
    const { columns, window, calibration } = this.#model;
    if (row.length !== columns) {
      throw new RangeError(
        `Cannot score step: expected ${columns} numbers, got ${row.length}`,
      );
    }
    const steps = this.#steps, width = window * columns;
    if (this.#count === 2 * window) {
      steps.copyWithin(0, width + columns);
      this.#count = window - 1;
    }
    steps.set(row, this.#count * columns);
    this.#count++;
    if (this.#count < window) return undefined;
    const newest = steps.subarray((this.#count - window) * columns, this.#count * columns);
    const contributions = this.#contributions.fill(0), out = this.#out;
    this.#model.scoreWindow(newest, out);
    for (let i = 2; i < out.length; i++) contributions[(i - 2) % columns] += out[i];
    const score = out[0], pValue = calibration.pValue(score);
    const flag = this.#model.isAnomaly(pValue);
    return { score, pValue, anomaly: this.#ballot?.cast(flag) ?? flag, contributions };
  }
}
