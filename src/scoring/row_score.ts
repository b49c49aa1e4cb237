/** The results of scoring a table: of one row, and of many rows without an object for each. */
import type { Calibration } from "./decisions/calibration.ts";

/** The verdict on one row. */
export interface RowScore {
  /** Nats; higher is more anomalous. */
  readonly score: number;
  /** Split-conformal p-value, see `Calibration`. */
  readonly pValue: number;
  /** pValue ≤ false-alarm rate. */
  readonly anomaly: boolean;
  /** Nats by column name; they sum to the score. */
  readonly contributions: Readonly<Record<string, number>>;
  /** Likelihood regret of a flagged row, nats; only if `Detector.score` was called with `secondLook`. */
  readonly regret?: number;
}

/** The verdicts on many rows, without an object for each. */
export interface ScoreTable {
  /** Nats. */
  readonly scores: Float64Array;
  /** Split-conformal p-values. */
  readonly pValues: Float64Array;
  /** `[rows, columns]`, row-major, nats. */
  readonly contributions: Float64Array;
}

/** Computes p-values only when needed, because some callers decide by others. */
export class ScoredCells implements ScoreTable {
  readonly scores: Float64Array;
  readonly contributions: Float64Array;
  readonly #calibration: Calibration;
  #pValues?: Float64Array;

  constructor(scores: Float64Array, contributions: Float64Array, calibration: Calibration) {
    this.scores = scores;
    this.contributions = contributions;
    this.#calibration = calibration;
  }

  get pValues(): Float64Array {
    return this.#pValues ??= this.scores.map((score) => this.#calibration.pValue(score));
  }
}
