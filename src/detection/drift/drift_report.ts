/**
 * What tests of drift are given and what they report, whether rows are independent (`drift.ts`) or the steps of a
 * series (`series_drift.ts`).
 */
import type { StepOrder } from "../series/by_series.ts";
import { lowerMedian } from "../../core/sorted.ts";
import { requireNumber } from "../../core/validate.ts";
import type { Calibration } from "../../scoring/decisions/calibration.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import type { TableSketch } from "../../scoring/table_model.ts";
import type { ColumnDrift } from "./column_drift.ts";
import { distanceFromCounts, kolmogorovPValue } from "../../core/probability/kolmogorov.ts";
import type { MonitorOptions } from "./monitor.ts";
import type { PointCounts } from "../../core/probability/point_counts.ts";

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
  /** Takes the next rows. @param order of the steps of a series, if it is not the file's or steps are missing */
  add(cells: Cells, order?: StepOrder): void;
  /** The result for all rows so far. @throws RangeError if there are too few */
  report(): DriftReport;
}

/** A model's record of the rows that it was fitted to. */
export interface DriftReference {
  readonly schema: readonly ColumnSchema[];
  readonly calibration: Calibration;
  /** From `sketchColumns`; absent in older files. */
  readonly sketch?: TableSketch;
}

/** @returns the share of unchanged tables that may be reported. @throws TypeError or RangeError */
export function requireRate({ rate = 0.01, maxRows }: DriftOptions): number {
  requireNumber("rate", rate, { above: 0, max: 0.5 });
  if (maxRows !== undefined) requireNumber("maxRows", maxRows, { min: 1, integer: true });
  return rate;
}

/** The p-value up to which a test finds a change: the columns and the scores share the rate. */
export function levelOf(rate: number, columns: readonly unknown[]): number {
  return rate / (1 + columns.length);
}

/**
 * Compares scores with those of the calibration.
 * @param counts of the new scores, at the known ones
 * @param sizes how many independent scores the known and the new ones tell as much as
 */
export function scoreDrift(
  known: Float64Array,
  counts: PointCounts,
  sizes: readonly [known: number, now: number],
  median: number,
  level: number,
): DriftReport["scores"] {
  const distance = distanceFromCounts(known, counts), pValue = kolmogorovPValue(distance, ...sizes);
  const medians = [lowerMedian(known), median] as const;
  return { name: "score", distance, pValue, changed: pValue <= level, medians };
}

/** The report of results that share a rate. */
export function driftReport(
  { rows, drawn, columns, scores, stream }:
    & Pick<DriftReport, "rows" | "columns" | "scores" | "stream">
    & { readonly drawn?: number },
  rate: number,
): DriftReport {
  return {
    rows,
    ...(drawn !== undefined && { drawnRows: drawn }),
    changed: [scores, ...columns].some(({ changed }) => changed),
    columns,
    scores,
    tablesBetweenFalseAlarms: 1 / rate,
    stream,
  };
}
