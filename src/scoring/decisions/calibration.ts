/**
 * Split-conformal p-values: how surprising a score is beside the scores of rows that training never
 * saw.
 *
 *   p(s) = (1 + #{calibration scores ≥ s}) / (n + 1)
 *
 * If a new row is exchangeable with the calibration rows, P(p ≤ α) ≤ α for every α (Vovk et al., 2005;
 * Bates et al., 2023). The finest p-value is 1 / (n + 1).
 *
 * Scores are kept in float32, as their file has them, rounded upwards: no p-value is smaller than by the scores as
 * they were.
 */
import { countBelow } from "../../core/sorted.ts";
import { requireNumber } from "../../core/validate.ts";
import { requireFiniteScore } from "../../trained/finite.ts";
import { isWithin, RATE, rowsWithin } from "./rates.ts";

const FLOAT = new Float32Array(1), BITS = new Int32Array(FLOAT.buffer);

/** The least float32 number that is not below a number. */
export function roundUp(value: number): number {
  FLOAT[0] = value;
  if (FLOAT[0] < value) BITS[0] += value < 0 ? -1 : 1;
  return FLOAT[0];
}

/** Scores of rows kept back from training, and the p-values that follow. */
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
        `Cannot calibrate: calibration row ${bad + 1} has no finite score: current value is ${
          scores[bad]
        }`,
      );
    }
    this.scores = scores.map(roundUp).sort();
  }

  /** The smallest p-value, and so the smallest false-alarm rate that can be kept. */
  get resolution(): number {
    return 1 / (this.scores.length + 1);
  }

  /**
   * The share of rows like the calibration rows that score as high, bounded from above.
   * @throws RangeError if the score is not finite
   */
  pValue(score: number): number {
    return (1 + this.countAtLeast(score)) / (this.scores.length + 1);
  }

  /**
   * How many calibration scores are as high as this one.
   * @throws RangeError if the score is not finite
   */
  countAtLeast(score: number): number {
    requireFiniteScore(score);
    return this.scores.length - countBelow(this.scores, score, false);
  }

  /**
   * The calibration score that a row must exceed to be flagged at a false-alarm rate.
   * @throws RangeError if the rate is finer than the calibration rows can keep
   */
  threshold(falseAlarmRate: number): number {
    return this.scores[this.scores.length - 1 - this.allowed(falseAlarmRate)];
  }

  /**
   * How many calibration scores may reach a row's own for it to be flagged: p ≤ α needs at most
   * ⌊α (n + 1)⌋ - 1 of them.
   * @throws RangeError if the rate is finer than the calibration rows can keep
   */
  allowed(falseAlarmRate: number): number {
    this.requireRate(falseAlarmRate);
    return rowsWithin(falseAlarmRate, this.scores.length + 1) - 1;
  }

  /**
   * Refuses a rate that cannot be kept.
   * @throws RangeError unless 1 / (n + 1) ≤ rate < 1
   */
  requireRate(falseAlarmRate: number): void {
    requireNumber("falseAlarmRate", falseAlarmRate, RATE);
    if (isWithin(this.resolution, falseAlarmRate)) return;
    throw new RangeError(
      `Cannot keep a false-alarm rate of ${falseAlarmRate}: ${this.scores.length} calibration rows allow no less than ${
        this.resolution.toPrecision(3)
      }`,
    );
  }
}
