/** What a scorer of tables says: of one row, and of many without an object for each. */
import type { Calibration } from "./decisions/calibration.ts";

/** The verdict on one row. */
export interface RowScore {
  /** Nats; higher is more anomalous. */
  readonly score: number;
  /** Split-conformal: see `Calibration`. */
  readonly pValue: number;
  /** pValue ≤ false-alarm rate. */
  readonly anomaly: boolean;
  /** Nats by column name; they sum to the score. */
  readonly contributions: Readonly<Record<string, number>>;
  /** Of a flagged row, where `Detector.score` was asked for a second look: likelihood regret, nats. */
  readonly regret?: number;
}

/** The verdicts on many rows, without an object for each. */
export interface ScoreTable {
  /** Nats. */
  readonly scores: Float64Array;
  /** Split-conformal. */
  readonly pValues: Float64Array;
  /** `[rows, columns]`, row-major, nats. */
  readonly contributions: Float64Array;
}

/** P-values are looked up when they are asked for: who decides by other ones does without. */
export class ScoredCells implements ScoreTable {
  readonly #calibration: Calibration;
  #pValues?: Float64Array;

  constructor(
    readonly scores: Float64Array,
    readonly contributions: Float64Array,
    calibration: Calibration,
  ) {
    this.#calibration = calibration;
  }

  get pValues(): Float64Array {
    return this.#pValues ??= this.scores.map((score) => this.#calibration.pValue(score));
  }
}
