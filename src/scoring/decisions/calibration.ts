/**
 * Split-conformal p-values: how unusual a score is among the scores of rows held out from training.
 *
 *   p(s) = (1 + #{calibration scores ≥ s}) / (n + 1)
 *
 * If a new row is exchangeable with the calibration rows, P(p ≤ α) ≤ α for every α (Vovk et al., 2005;
 * Bates et al., 2023). The smallest possible p-value is 1 / (n + 1).
 *
 * Scores are rounded up to float32, the format of the model file. Rounding up means that no p-value becomes smaller
 * than the unrounded scores would give.
 */
import { countBelow } from "../../core/sorted.ts";
import { requireNumber } from "../../core/validate.ts";
import { requireFiniteScore } from "../../trained/finite.ts";
import { isWithin, RATE, rowsWithin } from "./rates.ts";

const FLOAT = new Float32Array(1), BITS = new Int32Array(FLOAT.buffer);

/** The smallest float32 number that is at least `value`. */
export function roundUp(value: number): number {
  FLOAT[0] = value;
  if (FLOAT[0] < value) BITS[0] += value < 0 ? -1 : 1;
  return FLOAT[0];
}

/** Scores of rows held out from training, and the p-values they give. */
export class Calibration {
  /** Scores of the calibration rows, ascending. */
  readonly scores: Float64Array;

  /**
   * Sorts a copy of the scores.
   * @throws RangeError if there are no scores, or one is not finite
   */
  constructor(scores: Float64Array) {
    if (scores.length === 0) {
      throw new RangeError("Cannot calibrate: there are no calibration rows");
    }
    const bad = scores.findIndex((score) => !Number.isFinite(score));
    if (bad >= 0) {
      throw new RangeError(
        `Cannot calibrate: calibration row ${bad + 1} has no finite score, got ${scores[bad]}`,
      );
    }
    this.scores = scores.map(roundUp).sort();
  }

  /** The smallest p-value, and therefore the lowest false-alarm rate that can be guaranteed. */
  get resolution(): number {
    return 1 / (this.scores.length + 1);
  }

  /** The resolution in a message: rounded up, so that it is a rate that can be kept. */
  get finest(): string {
    const scale = 10 ** (`${this.scores.length}`.length + 2);
    return `${Math.ceil(scale * this.resolution) / scale}`;
  }

  /**
   * An upper bound on the share of normal rows that score at least this high.
   * @throws RangeError if the score is not finite
   */
  pValue(score: number): number {
    return (1 + this.countAtLeast(score)) / (this.scores.length + 1);
  }

  /**
   * The number of calibration scores at or above this one.
   * @throws RangeError if the score is not finite
   */
  countAtLeast(score: number): number {
    requireFiniteScore(score);
    return this.scores.length - countBelow(this.scores, score, false);
  }

  /**
   * The calibration score that a row must exceed to be flagged at a false-alarm rate.
   * @throws RangeError if the rate is below the resolution of the calibration rows
   */
  threshold(falseAlarmRate: number): number {
    return this.scores[this.scores.length - 1 - this.allowed(falseAlarmRate)];
  }

  /**
   * The most calibration scores that may reach a flagged row's own score: p ≤ α needs at most
   * ⌊α (n + 1)⌋ - 1 of them.
   * @throws RangeError if the rate is below the resolution of the calibration rows
   */
  allowed(falseAlarmRate: number): number {
    this.requireRate(falseAlarmRate);
    return rowsWithin(falseAlarmRate, this.scores.length + 1) - 1;
  }

  /**
   * Rejects a rate that cannot be guaranteed.
   * @throws RangeError unless 1 / (n + 1) ≤ rate < 1
   */
  requireRate(falseAlarmRate: number): void {
    requireNumber("falseAlarmRate", falseAlarmRate, RATE);
    if (isWithin(this.resolution, falseAlarmRate)) return;
    throw new RangeError(
      `Cannot keep a false-alarm rate of ${falseAlarmRate}: ${this.scores.length} calibration rows allow no less than ${this.finest}`,
    );
  }
}
