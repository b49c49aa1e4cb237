/**
 * Tests whether a table is still like the rows that a model was fitted to: the distribution and the share of missing
 * cells of each column, and the scores, as a whole and in sequence.
 *
 *   columns  `column_drift.ts`; values of timestamps are not compared: times are new in every table, without any change
 *   scores   Kolmogorov-Smirnov against the calibration scores; Shiryaev-Roberts row by row (`monitor.ts`)
 *
 * The tests share one rate by Bonferroni: the chance that a table like the training rows is reported as changed is at
 * most `rate`, so at least 1 / rate such tables pass, on average, between two false alarms. The row-by-row alarm has a
 * run length in rows instead, so a long table can raise it without any change.
 */
import { roundUp } from "../../scoring/decisions/calibration.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { ColumnTest } from "./column_drift.ts";
import {
  type DriftOptions,
  type DriftReference,
  type DriftReport,
  driftReport,
  levelOf,
  requireRate,
  scoreDrift,
} from "./drift_report.ts";
import { MedianSample } from "./median_sample.ts";
import { DriftMonitor } from "./monitor.ts";
import { PointCounter } from "../../core/probability/point_counts.ts";

/**
 * The tests of a table that arrives in parts. Distances, shares and the row-by-row alarm need only counts, so they are
 * those of all rows; medians are those of a sample if there are more than `maxRows` (ADR 76).
 */
export class DriftTest {
  readonly #reference: DriftReference;
  readonly #rate: number;
  readonly #columns: readonly ColumnTest[];
  readonly #scores: PointCounter;
  readonly #monitor: DriftMonitor;
  readonly #medians: MedianSample;
  #largest = 0;
  #rows = 0;

  /** Starts without rows. @throws TypeError or RangeError for options that cannot be used */
  constructor(reference: DriftReference, options: DriftOptions = {}) {
    const { schema, calibration, sketch } = reference;
    this.#reference = reference;
    this.#rate = requireRate(options);
    this.#monitor = new DriftMonitor(calibration, options);
    this.#scores = new PointCounter(calibration.scores);
    this.#columns = sketch ? schema.map((column, c) => new ColumnTest(column, c, sketch)) : [];
    this.#medians = new MedianSample(this.#columns.length, options);
  }

  /** Number of rows so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Takes the next rows. @param scores the model's scores of these */
  add(cells: Cells, scores: Float64Array): void {
    const { data, rows } = cells, width = data.length / rows, rounded = scores.map(roundUp);
    this.#columns.forEach((column, c) => {
      for (let i = c; i < data.length; i += width) column.add(data[i]);
    });
    for (const score of rounded) this.#scores.add(score);
    for (const score of scores) {
      if (this.#monitor.alarm) break;
      this.#largest = Math.max(this.#largest, this.#monitor.observe(score));
    }
    this.#medians.add(cells, rounded);
    this.#rows += rows;
  }

  /** The result for all rows so far; no rows can be added later. @throws RangeError if there is none */
  report(): DriftReport {
    const { scores: known } = this.#reference.calibration, rows = this.#rows;
    if (rows === 0) throw new RangeError("Cannot look for drift: needs at least one row, got none");
    const { medians, drawn } = this.#medians.finish(), level = levelOf(this.#rate, this.#columns);
    const columns = this.#columns.map((column, c) => column.drift(medians[c], level));
    const { counts } = this.#scores, sizes = [known.length, counts.total] as const;
    const scores = scoreDrift(known, counts, sizes, medians[columns.length], level);
    const { runLength, alarm, rows: alarmAt } = this.#monitor;
    const stream = { runLength, largest: this.#largest, ...(alarm && { alarmAt }) };
    return driftReport({ rows, drawn, columns, scores, stream }, this.#rate);
  }
}
