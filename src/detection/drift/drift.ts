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
import { lowerMedian } from "../../core/sorted.ts";
import { requireNumber } from "../../core/validate.ts";
import { type Calibration, roundUp } from "../../scoring/decisions/calibration.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import type { TableSketch } from "../../scoring/table_model.ts";
import { type ColumnDrift, ColumnTest } from "./column_drift.ts";
import { distanceFromCounts, kolmogorovPValue } from "./kolmogorov.ts";
import { MedianSample } from "./median_sample.ts";
import { DriftMonitor, type MonitorOptions } from "./monitor.ts";
import { PointCounter } from "./point_counts.ts";

/** Options of the drift tests. */
export interface DriftOptions extends MonitorOptions {
  /** The share of unchanged tables that may be reported as changed. Default: 0.01. */
  readonly rate?: number;
  /** Medians are those of at most this many rows, drawn by the seed. Default: a million, or 2²⁶ cells. */
  readonly maxRows?: number;
}

/** How a table differs from the training rows. */
export interface DriftReport {
  /** Rows compared. */
  readonly rows: number;
  /** How many of them the medians are of, drawn by the seed; absent if they are of all. */
  readonly drawnRows?: number;
  /** Whether any test reports a change; the row-by-row alarm does not count. */
  readonly changed: boolean;
  /** One result per column, in order; empty for a model without sketches. */
  readonly columns: readonly ColumnDrift[];
  /** Result for the scores. */
  readonly scores: Omit<ColumnDrift, "missing" | "clock">;
  /** The average number of tables like the training rows, at least, between two false alarms of the tests. */
  readonly tablesBetweenFalseAlarms: number;
  /**
   * The row-by-row monitor, in the order of the rows; of a series, of windows that are far enough apart to count as
   * independent.
   */
  readonly stream: {
    /** The average number of rows, at least, between two false alarms. */
    readonly runLength: number;
    /** The largest R. */
    readonly largest: number;
    /** The row, from 1, at which R reached the run length. */
    readonly alarmAt?: number;
  };
}

/** A test of rows that arrive in parts. */
export interface RowsTest {
  /** Takes the next rows. */
  add(cells: Cells): void;
  /** The result for all rows so far. @throws RangeError if there are too few */
  report(): DriftReport;
}

/** A model's record of the rows that it was fitted to. */
export interface Reference {
  readonly schema: readonly ColumnSchema[];
  readonly calibration: Calibration;
  /** From `sketchColumns`; absent in older files. */
  readonly sketch?: TableSketch;
}

/**
 * The tests of a table that arrives in parts. Distances, shares and the row-by-row alarm need only counts, so they are
 * those of all rows; medians are those of a sample if there are more than `maxRows` (ADR 76).
 */
export class DriftTest {
  readonly #reference: Reference;
  readonly #rate: number;
  readonly #columns: readonly ColumnTest[];
  readonly #scores: PointCounter;
  readonly #monitor: DriftMonitor;
  readonly #medians: MedianSample;
  #largest = 0;
  #rows = 0;

  /** Starts without rows. @throws TypeError or RangeError for options that cannot be used */
  constructor(reference: Reference, options: DriftOptions = {}) {
    const { schema, calibration, sketch } = reference;
    this.#reference = reference;
    this.#rate = requireNumber("rate", options.rate ?? 0.01, { above: 0, max: 0.5 });
    if (options.maxRows !== undefined) {
      requireNumber("maxRows", options.maxRows, { min: 1, integer: true });
    }
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
    const { calibration } = this.#reference, rows = this.#rows;
    if (rows === 0) throw new RangeError("Cannot look for drift: needs at least one row, got none");
    const { medians, drawn } = this.#medians.finish();
    const level = this.#rate / (1 + this.#columns.length), monitor = this.#monitor;
    const columns = this.#columns.map((column, c) => column.drift(medians[c], level));
    const counts = this.#scores.counts, known = calibration.scores;
    const distance = distanceFromCounts(known, counts);
    const pValue = kolmogorovPValue(distance, known.length, counts.total);
    const scores = {
      ...{ name: "score", distance, pValue, changed: pValue <= level },
      medians: [lowerMedian(known), medians[columns.length]] as const,
    };
    return {
      rows,
      ...(drawn !== undefined && { drawnRows: drawn }),
      changed: scores.changed || columns.some((each) => each.changed),
      columns,
      scores,
      tablesBetweenFalseAlarms: 1 / this.#rate,
      stream: {
        runLength: monitor.runLength,
        largest: this.#largest,
        ...(monitor.alarm && { alarmAt: monitor.rows }),
      },
    };
  }
}
