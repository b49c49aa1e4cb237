/**
 * Reads the rows that a detector is fitted to: determines their columns, encodes their cells as numbers and removes
 * copies.
 */
import { RowError } from "../../core/row_error.ts";
import { fileName } from "../../formats/errors.ts";
import type { RawTable } from "../../formats/table.ts";
import { encodeTable } from "../../scoring/table/encode_table.ts";
import { type ColumnSchema, numericSchema } from "../../scoring/table/schema.ts";
import { type Cells, takeColumn } from "../../scoring/table/cells.ts";
import { columnsOf, MAX_CELL, type TableRows } from "../../scoring/table/table_rows.ts";
import { MIN_ROWS } from "../calibrate.ts";
import { MAX_CANDIDATES, withKeptLevels } from "./trained_levels.ts";
import { columnFacts } from "../columns/column_facts.ts";
import {
  autocorrelationWarnings,
  columnWarnings,
  orderWarnings,
  shiftWarnings,
} from "../warnings/column_warnings.ts";
import { meaningWarnings } from "../warnings/meaning_warnings.ts";
import { withoutCopies } from "./copies.ts";
import { requireReadable, sampleWarnings, SIZE_EXPECTED } from "./sample_warnings.ts";
import { refuseExtremes } from "./extremes.ts";
import { withMissingTexts } from "../columns/declared_missing.ts";
import { inferSchema, MAX_INFERRED_LEVELS } from "../columns/infer_schema.ts";
import { type DetectorOptions, presetOf, requireColumns } from "../options.ts";
import { rawTableOf } from "./raw_rows.ts";
import { shiftingColumns } from "../columns/order_facts.ts";
import type { SeriesClock } from "../../scoring/table_model.ts";
import { laidOut, missingSteps } from "../series/clock.ts";
import { stepTimeWarnings, usualSpacing } from "../series/step_times.ts";
import { collapseWarnings, spectrumOfTable } from "../columns/spectrum.ts";

/** The training rows of a table. */
export interface TrainingTable {
  readonly schema: readonly ColumnSchema[];
  readonly cells: Cells;
  /** Warnings about the columns. */
  readonly warnings: readonly string[];
  /** Warnings about which rows train and calibrate. */
  readonly calibrationWarnings: readonly string[];
  /** Steps of the series that are missing: empty rows among the cells. */
  readonly missing?: number;
  readonly clock?: SeriesClock;
}

/** @throws RowError; TypeError or RangeError naming the option that cannot be used */
export function readTraining(
  rows: TableRows | RawTable,
  options: DetectorOptions,
): TrainingTable {
  const { columns, schema: overrides = [], likelihood, window, missing = [] } = options;
  const table = isRaw(rows) ? rows : undefined;
  const names = columns ?? table?.columns ?? columnsOf(rows as TableRows);
  requireColumns(names);
  const raw = table ? { ...table, columns: names } : rawTableOf(rows as TableRows, names, options);
  const maxLevels = window === undefined ? MAX_CANDIDATES : MAX_INFERRED_LEVELS;
  const { schema, cells } = likelihood === undefined
    ? inferSchema(raw, overrides, maxLevels, missing)
    : asNumbers(raw, options);
  const described = withKeptLevels(schema, overrides);
  requireSize(cells, names);
  if (raw.drawn) requireReadable(raw.drawn, schema);
  requireRows(raw, window);
  if (presetOf(options) === "small") refuseExtremes(cells, schema);
  const isDrawn = raw.drawn !== undefined;
  const ofSample = sampleWarnings(raw, window);
  const ofMeaning = meaningWarnings(raw, described, overrides);
  if (window !== undefined) {
    const { warnings: ofTimes, ...timed } = byTime(cells, options);
    const warnings = [...ofMeaning, ...seriesWarnings(schema, cells, isDrawn)];
    return { schema, ...timed, warnings, calibrationWarnings: [...ofSample, ...ofTimes] };
  }
  const { cells: distinct, warnings: ofCopies } = withoutCopies(cells, schema.length);
  const facts = columnFacts(described, distinct);
  const spectrum = spectrumOfTable(headOf(distinct, schema.length), schema, facts);
  const warnings = [
    ...ofMeaning,
    ...columnWarnings(facts, isDrawn),
    ...autocorrelationWarnings(facts.autocorrelated, distinct.rows),
    ...collapseWarnings(spectrum, schema),
  ];
  return { schema, cells: distinct, warnings, calibrationWarnings: [...ofSample, ...ofCopies] };
}

/** The steps of a series, laid out by their times if these are given. */
function byTime(
  cells: Cells,
  { clock: given, window = 0, missing }: DetectorOptions,
): Pick<TrainingTable, "cells" | "clock" | "missing" | "warnings"> {
  if (!given) return { cells, warnings: [] };
  const { seconds } = given, [column] = withMissingTexts([given.column], { missing });
  if (seconds.length !== cells.rows) {
    throw new RangeError(
      `Cannot fit detector: expected a time for each of ${cells.rows} rows, got ${seconds.length}`,
    );
  }
  const spacing = usualSpacing(seconds), clock = { column, spacing };
  const laid = laidOut(cells, seconds, clock, window);
  const warnings = stepTimeWarnings(column.name, seconds, laid !== undefined);
  if (!laid) {
    // Windows that ran across the gaps of these steps, such as nights, run across later ones.
    const isAcross = Array.from(seconds).some((time, r) =>
      missingSteps(time - seconds[r - 1], spacing, window) > 0
    );
    return { cells, warnings, clock: isAcross ? { column, spacing: 0 } : clock };
  }
  return { cells: laid.cells, missing: laid.cells.rows - cells.rows, warnings, clock };
}

/** What a user should know of the steps of a series. */
function seriesWarnings(
  schema: readonly ColumnSchema[],
  cells: Cells,
  isDrawn: boolean,
): string[] {
  const facts = columnFacts(schema, cells);
  const times = schema.flatMap(({ name, kind }, c) =>
    kind === "timestamp" ? timestampWarnings(name, takeColumn(cells, schema.length, c)) : []
  );
  return [
    ...columnWarnings(facts, isDrawn),
    ...times,
    ...orderWarnings(facts, cells.rows),
    ...shiftWarnings(shiftingColumns(schema, cells)),
  ];
}

/** Windows hold four numbers for each of their times (`scoring/table/expansion.ts`), and one for each measurement. */
function timestampWarnings(name: string, seconds: Float64Array): string[] {
  return [
    ...stepTimeWarnings(name, seconds),
    `column "${name}" says when the steps of the series were, and its windows outweigh the rest: leave it out unless anomalies depend on the hour or the day of the week`,
  ];
}

/**
 * @param source the name of the table's file, if it has one, for the message
 * @throws RangeError for too few rows to fit a detector to
 */
export function requireRows(
  { rows, drawn }: Pick<RawTable, "rows" | "drawn">,
  window = 0,
  source?: string,
): void {
  const minRows = Math.max(MIN_ROWS, 4 * window);
  if (rows >= minRows) return;
  const file = source === undefined ? "" : ` to ${fileName(source)}`;
  throw new RangeError(
    `Cannot fit detector${file}: needs at least ${minRows} rows, got ${rows}` +
      (drawn ? `, drawn from ${drawn.rows}` : ""),
  );
}

/** Enough rows to estimate whether columns are correlated. */
const SPECTRUM_ROWS = 5000;

function headOf({ data, rows }: Cells, width: number): Cells {
  const kept = Math.min(rows, SPECTRUM_ROWS);
  return { data: data.subarray(0, kept * width), rows: kept };
}

/** Whether the rows are a raw table from a reader. */
export function isRaw(rows: TableRows | RawTable): rows is RawTable {
  return typeof rows === "object" && "columns" in rows && "rows" in rows && "data" in rows;
}

/** A given likelihood applies to all columns, so all are numeric, and text is rejected with its row. */
function asNumbers(
  raw: RawTable,
  options: DetectorOptions,
): { schema: readonly ColumnSchema[]; cells: Cells } {
  const schema = withMissingTexts(numericSchema(raw.columns), options);
  return { schema, cells: encodeTable(raw, schema) };
}

function requireSize({ data }: Cells, columns: readonly string[]): void {
  const cell = data.findIndex((value) => Math.abs(value) > MAX_CELL);
  if (cell < 0) return;
  const row = Math.floor(cell / columns.length) + 1, column = columns[cell % columns.length];
  throw new RowError(`expected ${SIZE_EXPECTED}, got ${data[cell]}`, row, column);
}
