/**
 * A series scored step by step as it comes, in memory of two windows: each step at once, by the window that
 * ends with it. Its p-value is among the scores of single windows kept back from training.
 *
 * `score` knows what comes after a step and takes the mean over all windows that hold it. A stream does
 * not, so that it sees a fault later, by up to a window, and its scores are other numbers.
 */
import type { Calibration } from "../calibration.ts";
import { relateToTypical } from "../contributions.ts";
import { Ballot, type Vote } from "./vote.ts";
import type { WindowScorer } from "./window_scorer.ts";

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
  readonly columns: readonly string[];
  readonly window: number;
  readonly calibration: Calibration;
  readonly typical: Float64Array;
  readonly isAnomaly: (pValue: number) => boolean;
}

export class SeriesStream {
  readonly #scorer: WindowScorer;
  readonly #model: StreamModel;
  readonly #ballot?: Ballot;
  /** Two windows long: the newest window is always in one piece. */
  readonly #steps: Float64Array;
  readonly #contributions: Float64Array;
  #count = 0;

  /** `TableScorer.stream` is the usual way. */
  constructor(scorer: WindowScorer, model: StreamModel, vote?: Vote) {
    this.#scorer = scorer;
    this.#model = model;
    this.#ballot = vote && new Ballot(vote);
    this.#steps = new Float64Array(2 * model.window * model.columns.length);
    this.#contributions = new Float64Array(model.columns.length);
  }

  /**
   * Takes the next step.
   * @returns undefined until there is a whole window; `contributions` is written anew by each call
   * @throws RangeError for another number of cells, or a score that is not finite
   */
  push(row: ArrayLike<number>): StepVerdict | undefined {
    const { columns: { length: columns }, window, calibration, typical } = this.#model;
    if (row.length !== columns) {
      throw new RangeError(
        `Cannot score step: expected ${columns} numbers: current value is ${row.length}`,
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
    const contributions = this.#contributions;
    const score = this.#scorer.scoreWindow(newest, contributions);
    relateToTypical(contributions, typical);
    const pValue = calibration.pValue(score);
    const flag = this.#model.isAnomaly(pValue);
    return { score, pValue, anomaly: this.#ballot?.cast(flag) ?? flag, contributions };
  }
}
