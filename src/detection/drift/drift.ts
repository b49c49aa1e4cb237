/**
 * Tests whether a table is still like the rows that a model was fitted to: the distribution and the share of missing
 * cells of each column, and the scores, as a whole and in sequence.
 *
 *   columns  Kolmogorov-Smirnov against the model's sketch (`sketch.ts`); missing cells by Fisher's exact
 *            test (`fisher_exact.ts`)
 *            values of timestamps are not compared: times are new in every table, without any change
 *   scores   Kolmogorov-Smirnov against the calibration scores; Shiryaev-Roberts row by row (`monitor.ts`)
 *
 * The tests share one rate by Bonferroni: the chance that a table like the training rows is reported as changed is at
 * most `rate`, so at least 1 / rate such tables pass, on average, between two false alarms. The row-by-row alarm has a
 * run length in rows instead, so a long table can raise it without any change.
 */
import { requireNumber } from "../../core/validate.ts";
import { type Calibration, roundUp } from "../../scoring/decisions/calibration.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { TableSketch } from "../../scoring/table_model.ts";
import { kolmogorovDistance, kolmogorovPValue } from "./kolmogorov.ts";
import { DriftMonitor, type MonitorOptions } from "./monitor.ts";
import { fisherExactPValue } from "./fisher_exact.ts";
import { type ColumnSketch, distanceTo, sketchOf, sortedValues } from "./sketch.ts";

/** Options of the drift tests. */
export interface DriftOptions extends MonitorOptions {
  /** The share of unchanged tables that may be reported as changed. Default: 0.01. */
  readonly rate?: number;
}

/** Result for a column, or for the scores. */
export interface ColumnDrift {
  /** Name in the table. */
  readonly name: string;
  /** The largest difference of the two distribution functions, 0 to 1. */
  readonly distance: number;
  /** P-value of the hypothesis that nothing changed. */
  readonly pValue: number;
  /** Whether the p-value is below this test's share of the rate. */
  readonly changed: boolean;
  /** Medians of the training rows and of the table; NaN if all cells are missing. */
  readonly medians: readonly [before: number, now: number];
  /** Whether the column holds times; if so, only its missing cells are compared. */
  readonly clock: boolean;
  /** Shares of missing cells in the training rows and in the table. */
  readonly missing: readonly [before: number, now: number];
}

/** How a table differs from the training rows. */
export interface DriftReport {
  /** Rows compared. */
  readonly rows: number;
  /** Whether any test reports a change; the row-by-row alarm does not count. */
  readonly changed: boolean;
  /** One result per column, in order; empty for a model without sketches. */
  readonly columns: readonly ColumnDrift[];
  /** Result for the scores. */
  readonly scores: Omit<ColumnDrift, "missing" | "clock">;
  /** The average number of tables like the training rows, at least, between two false alarms of the tests. */
  readonly tablesBetweenFalseAlarms: number;
  /** The row-by-row monitor, in the order of the rows. */
  readonly stream: {
    /** The average number of rows, at least, between two false alarms. */
    readonly runLength: number;
    /** The largest R. */
    readonly largest: number;
    /** The row, from 1, at which R reached the run length. */
    readonly alarmAt?: number;
  };
}

/** A model's record of the rows that it was fitted to. */
export interface Reference {
  readonly columns: readonly string[];
  readonly calibration: Calibration;
  /** Names of the timestamp columns. */
  readonly clocks?: readonly string[];
  /** From `sketchColumns`; absent in older files. */
  readonly sketch?: TableSketch;
}

/** @param scores the model's scores of the rows */
export function driftReport(
  reference: Reference,
  cells: Cells,
  scores: Float64Array,
  options: DriftOptions = {},
): DriftReport {
  const rate = requireNumber("rate", options.rate ?? 0.01, { above: 0, max: 0.5 });
  const { columns: names, calibration, sketch, clocks = [] } = reference;
  const level = rate / (1 + (sketch ? names.length : 0));
  const columns = sketch
    ? names.map((name, c) =>
      columnDrift(
        { name, clock: clocks.includes(name) },
        sketchOf(sketch.data, c),
        sketch.rows,
        cells,
        c,
        level,
      )
    )
    : [];
  const sorted = scores.map(roundUp).sort();
  const distance = kolmogorovDistance(calibration.scores, sorted);
  const pValue = kolmogorovPValue(distance, calibration.scores.length, sorted.length);
  const medians = [median(calibration.scores), median(sorted)] as const;
  const stream = watch(calibration, scores, options);
  const changed = pValue <= level || columns.some((each) => each.changed);
  return {
    rows: cells.rows,
    changed,
    columns,
    scores: { name: "score", distance, pValue, changed: pValue <= level, medians },
    tablesBetweenFalseAlarms: 1 / rate,
    stream,
  };
}

function columnDrift(
  column: Pick<ColumnDrift, "name" | "clock">,
  sketch: ColumnSketch,
  knownRows: number,
  { data, rows }: Cells,
  c: number,
  level: number,
): ColumnDrift {
  const sorted = sortedValues({ data, rows }, data.length / rows, c);
  const missing = [sketch.missing, 1 - sorted.length / rows] as const;
  const [knownValues, missingCount] = [
    knownRows - Math.round(knownRows * sketch.missing),
    rows - sorted.length,
  ];
  const comparable = knownValues > 0 && sorted.length > 0 && !column.clock;
  const distance = comparable ? distanceTo(sketch, sorted) : 0;
  const valuesPValue = comparable ? kolmogorovPValue(distance, knownValues, sorted.length) : 1;
  const missingPValue = fisherExactPValue(knownRows - knownValues, knownRows, missingCount, rows);
  // The two tests of a column share its part of the rate.
  const pValue = Math.min(1, 2 * Math.min(valuesPValue, missingPValue));
  return {
    ...column,
    distance,
    pValue,
    changed: pValue <= level,
    medians: [knownValues > 0 ? median(sketch.points) : NaN, median(sorted)],
    missing,
  };
}

/** The lower median of ascending values; NaN if there are none. */
function median(sorted: Float64Array): number {
  return sorted.length === 0 ? NaN : sorted[(sorted.length - 1) >> 1];
}

function watch(
  calibration: Calibration,
  scores: Float64Array,
  options: MonitorOptions,
): DriftReport["stream"] {
  const monitor = new DriftMonitor(calibration, options), { runLength } = monitor;
  let largest = 0;
  for (const score of scores) {
    largest = Math.max(largest, monitor.observe(score));
    if (monitor.alarm) return { runLength, largest, alarmAt: monitor.rows };
  }
  return { runLength, largest };
}
