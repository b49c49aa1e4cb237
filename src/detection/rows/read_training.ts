/**
 * Reads the rows that a detector is fitted to: determines their columns, encodes their cells as numbers and removes
 * copies.
 */
import { OptionError } from "../../core/option_error.ts";
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
import type { TableModel } from "../../scoring/table_model.ts";
import {
  joined,
  oneAfterTheOther,
  type OneSeries,
  orderOfSteps,
  runsAcrossGaps,
  seriesNumbers,
  seriesOf,
  shortSeries,
} from "../series/by_series.ts";
import { stepTimeWarnings, unitOf, usualSpacing } from "../series/step_times.ts";
import { takeCells } from "../../scoring/table/take_cells.ts";
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
  /** What says where the steps of a series are. */
  readonly marks?: Pick<TableModel, "clock" | "by">;
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
  const described = withKeptLevels(schema, options);
  requireSize(cells, names);
  if (raw.drawn) requireReadable(raw.drawn, schema);
  requireRows(raw, window);
  if (presetOf(options) === "small") refuseExtremes(cells, schema);
  const isDrawn = raw.drawn !== undefined;
  const ofSample = sampleWarnings(raw, window);
  const ofMeaning = meaningWarnings(raw, described, overrides);
  if (window !== undefined) {
    const { warnings: ofSteps, inOrder, ...steps } = laidOutSteps(cells, options);
    const warnings = [...ofMeaning, ...seriesWarnings(schema, inOrder, isDrawn, steps.marks?.by)];
    return { schema, ...steps, warnings, calibrationWarnings: [...ofSample, ...ofSteps] };
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

/** The steps of one or more series, laid out by their times if these are given. */
function laidOutSteps(
  cells: Cells,
  { clock: given, by, window = 0, missing }: DetectorOptions,
): Omit<TrainingTable, "schema" | "calibrationWarnings"> & {
  /** The rows in the order of their series. */
  readonly inOrder: Cells;
} {
  if (!given && !by) return { cells, inOrder: cells, warnings: [] };
  requireOneEach("a time", given?.seconds, cells);
  requireOneEach("a series", by?.values, cells);
  const seconds = given?.seconds, series = by && seriesNumbers(by);
  const inTurn = seconds && oneAfterTheOther(seconds, series);
  const spacing = inTurn ? usualSpacing(inTurn) : 0;
  const all = seriesOf(cells, { seconds, series }, { spacing }, window);
  if (by) requireAWindow(by.column, all, window);
  const laid = joined(all, window);
  const width = cells.data.length / cells.rows;
  const steps = {
    cells: laid?.cells ?? cells,
    inOrder: laid && by ? takeCells(cells, width, orderOfSteps(laid).rows) : cells,
    ...(laid && { missing: laid.cells.rows - cells.rows }),
  };
  const named = by && { by: by.column },
    ofLengths = by ? lengthWarnings(by.column, all, window) : [];
  if (!given || !inTurn) return { ...steps, marks: { ...named }, warnings: ofLengths };
  const [column] = withMissingTexts([given.column], { missing });
  // Windows that ran across the gaps of these steps, such as nights, run across later ones.
  const clock = { column, spacing: runsAcrossGaps(all, { spacing }, window) ? 0 : spacing };
  const isLaidOut = all.some((each) => each.laid);
  const warnings = [
    ...ofLengths,
    ...stepTimeWarnings(column.name, inTurn, isLaidOut, unitOf(column)),
  ];
  return { ...steps, marks: { ...named, clock }, warnings };
}

function requireOneEach(what: string, given: ArrayLike<unknown> | undefined, { rows }: Cells) {
  if (!given || given.length === rows) return;
  throw new RangeError(
    `Cannot fit detector: expected ${what} for each of ${rows} rows, got ${given.length}`,
  );
}

/** Before they are laid out: a column that numbers its rows would take a window of empty rows for each. */
function requireAWindow(column: string, all: readonly OneSeries[], window: number) {
  const short = shortSeries(column, all, window);
  if (!short?.isAll) return;
  throw new OptionError((nameOf) =>
    `Cannot fit detector: ${short.text}: use a shorter window, or another column for ${
      nameOf("by")
    }`
  );
}

/** That some series are too short to learn from. */
function lengthWarnings(column: string, all: readonly OneSeries[], window: number): string[] {
  const short = shortSeries(column, all, window);
  return short ? [`${short.text}: a shorter one would learn from all`] : [];
}

/** What a user should know of the steps of a series. */
function seriesWarnings(
  schema: readonly ColumnSchema[],
  cells: Cells,
  isDrawn: boolean,
  by?: string,
): string[] {
  const facts = columnFacts(schema, cells);
  const times = schema.flatMap(({ name, kind }, c) =>
    kind === "timestamp" ? timestampWarnings(name, takeColumn(cells, schema.length, c)) : []
  );
  return [
    ...columnWarnings(facts, isDrawn),
    ...times,
    ...orderWarnings(facts, cells.rows),
    // Several series may each have a level of their own.
    ...(by === undefined ? shiftWarnings(shiftingColumns(schema, cells)) : []),
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
