/** The steps of one or more series in DATA, laid out by what the model knows of their times and names. */
import {
  joined,
  nameCodec,
  oneAfterTheOther,
  type OneSeries,
  orderOfSteps,
  seriesNumbers,
  seriesOf,
  shortSeries,
  type StepOrder,
} from "../../detection/series/by_series.ts";
import { filled } from "../../detection/series/fill_gaps.ts";
import { type LaidOut, MAX_LACKING } from "../../detection/series/clock.ts";
import { spacingWarning, stepTimeWarnings, unitOf } from "../../detection/series/step_times.ts";
import { type AlsoColumn, namingTable } from "../../detection/model_table.ts";
import { takeCells } from "../../scoring/table/take_cells.ts";
import { DataError, selectColumns, type Table } from "../../formats/mod.ts";
import { type Cells, takeColumn } from "../../scoring/table/cells.ts";
import { codecOf } from "../../scoring/table/schema.ts";
import type { TableScorer } from "../../scoring/table_scorer.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import { takeRows } from "../../training/rows/minibatch.ts";
import type { TrainedVae } from "../../trained/trained_vae.ts";
import { type Io, note } from "../io.ts";
import { counted } from "../text/text.ts";
import type { LoadedModel, LoadedRbm } from "../models/model.ts";

/** A table of a series. */
export interface StepsTable {
  /** Its rows, in the model's columns. */
  readonly table: Table;
  /** Absent if its rows are the steps of one series, of which none is missing between them. */
  readonly laid?: LaidOut;
}

/** The columns that say where the steps of a model's series are. */
export function columnsOfSteps(scorer: TableScorer | undefined): readonly AlsoColumn[] {
  const { clock, by } = scorer?.table ?? {};
  return [
    ...(clock ? [{ name: clock.column.name, codec: codecOf(clock.column) }] : []),
    ...(by !== undefined ? [{ name: by, codec: nameCodec() }] : []),
  ];
}

/** @param read with those columns as the last, as far as the file has them */
export async function layOut(scorer: TableScorer, read: Table, io: Io): Promise<StepsTable> {
  const { table: { clock, by }, window = 0, columns } = scorer, { columns: given } = read;
  const valuesOf = (name: string | undefined) => {
    const c = name === undefined ? -1 : given.indexOf(name, columns.length);
    const values = c < 0 ? undefined : takeColumn(read, given.length, c);
    return values?.every(Number.isNaN) ? undefined : values;
  };
  const names = valuesOf(by), seconds = valuesOf(clock?.column.name);
  if (by !== undefined && !names) note(io, `no column "${by}": all rows count as one series`);
  const table = given.length === columns.length ? read : selectColumns(read, columns);
  if (!names && !seconds) return { table };
  const series = names && await namingTable(
    read,
    async () => seriesNumbers({ column: by!, values: names }),
  );
  const { spacing = 0 } = clock ?? {}, marks = { seconds, series };
  const all = seriesOf(table, marks, { spacing }, window, MAX_LACKING);
  if (by !== undefined) checkLengths(by, all, window, table, io);
  const laid = joined(all, window);
  if (seconds) {
    const { column } = clock!,
      { name } = column,
      unit = unitOf(column),
      inTurn = oneAfterTheOther(seconds, series);
    const warnings = [
      ...stepTimeWarnings(name, inTurn, all.some((each) => each.laid), unit),
      ...spacingWarning(name, inTurn, spacing, unit),
    ];
    for (const each of warnings) note(io, each);
  }
  return { table, ...(laid && { laid }) };
}

/** Says that some series are shorter than a window. @throws DataError if all are */
function checkLengths(
  by: string,
  all: readonly OneSeries[],
  window: number,
  { source }: Table,
  io: Io,
): void {
  const short = shortSeries(by, all, window);
  if (!short) return;
  if (short.isAll) throw new DataError({ source, fault: short.text });
  const rows = counted(short.rows, "row");
  note(
    io,
    `${short.text}: the windows of their ${rows} are partly empty, so no rate holds for them`,
  );
}

/** The same as one table, with empty rows for missing steps. */
export async function laidOutTable(
  scorer: TableScorer,
  read: Table,
  io: Io,
): Promise<Table & { readonly missing?: number }> {
  const { table, laid } = await layOut(scorer, read, io);
  return laid ? { ...table, ...laid.cells, missing: laid.cells.rows - table.rows } : table;
}

/** The rows of a series in the order of their steps, and that order if it is not the file's or steps are missing. */
export function stepsInOrder(
  { table, laid }: StepsTable,
): { readonly cells: Cells; readonly order?: StepOrder } {
  if (!laid) return { cells: table };
  const order = orderOfSteps(laid);
  return { cells: takeCells(table, table.columns.length, order.rows), order };
}

/** Rows as the VAE takes them, and which they are: of a series windows, and the row with which each ends. */
export interface VaeRows {
  readonly x: Matrix;
  readonly rows: Uint32Array;
}

/**
 * The rows of a table; of a series, the windows that neither missing steps nor the end of a series divide. Empty cells
 * of windows are filled in (`filledWindows`).
 * @throws RangeError if there is no window
 */
export function vaeRows(
  { vae, units, scorer }: LoadedModel | LoadedRbm,
  steps: StepsTable,
): VaeRows {
  const { table } = steps, window = scorer?.window;
  const count = (length: number) => Uint32Array.from({ length }, (_, row) => row);
  if (window === undefined) return { x: units.toVae(table), rows: count(table.rows) };
  const { cells, order } = stepsInOrder(steps), x = filledWindows(vae!, units.toVae(cells), window);
  const ends = count(x.shape[0]).map((first) => first + window - 1);
  if (!order) return { x, rows: ends };
  const { places, rows } = order;
  const whole = ends.filter((end) => places[end] - places[end - window + 1] === window - 1);
  if (whole.length === 0) {
    throw new RangeError(
      `Cannot take windows of ${table.source}: no ${window} of its steps follow each other`,
    );
  }
  const windows = takeRows(x, whole.map((end) => end - window + 1));
  return { x: windows, rows: whole.map((end) => rows[end]) };
}

/** Windows without empty cells for a network that refuses them: on a straight line between their neighbours. */
export function filledWindows({ spec }: TrainedVae, windows: Matrix, window: number): Matrix {
  return spec.missing || !windows.data.some(Number.isNaN) ? windows : filled(windows, window);
}

/** The scores of the rows of a table, or of the steps of a series. */
export function scoresOfRows(scorer: TableScorer, cells: Cells, laid?: LaidOut): Float64Array {
  if (!laid) return scorer.scoreCells(cells).scores;
  const { scores } = scorer.scoreCells(laid.cells);
  return Float64Array.from(laid.places, (place) => scores[place]);
}
