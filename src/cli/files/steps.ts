/** The steps of one or more series in DATA, laid out by what the model knows of their times and names. */
import {
  joined,
  nameCodec,
  oneAfterTheOther,
  orderOfSteps,
  seriesNumbers,
  seriesOf,
} from "../../detection/series/by_series.ts";
import { type LaidOut, MAX_LACKING } from "../../detection/series/clock.ts";
import { spacingWarning, stepTimeWarnings, unitOf } from "../../detection/series/step_times.ts";
import { type AlsoColumn, namingTable } from "../../detection/model_table.ts";
import { takeCells } from "../../detection/rows/take_cells.ts";
import { selectColumns, type Table } from "../../formats/mod.ts";
import { type Cells, takeColumn } from "../../scoring/table/cells.ts";
import { codecOf } from "../../scoring/table/schema.ts";
import type { TableScorer } from "../../scoring/table_scorer.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import { takeRows } from "../../training/rows/minibatch.ts";
import { type Io, note } from "../io.ts";

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
  const all = seriesOf(table, marks, { spacing }, window, MAX_LACKING), laid = joined(all, window);
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

/** The same as one table, with empty rows for missing steps. */
export async function laidOutTable(
  scorer: TableScorer,
  read: Table,
  io: Io,
): Promise<Table & { readonly missing?: number }> {
  const { table, laid } = await layOut(scorer, read, io);
  return laid ? { ...table, ...laid.cells, missing: laid.cells.rows - table.rows } : table;
}

/**
 * The windows of a table's steps that neither missing steps nor the end of a series divide, and the row at which each
 * ends. @throws RangeError if there is none
 */
export function wholeWindows(
  toVae: (cells: Cells) => Matrix,
  { table, laid }: StepsTable,
  window: number | undefined,
): { readonly x: Matrix; readonly rows: Uint32Array } {
  const order = laid
    ? orderOfSteps(laid)
    : Uint32Array.from({ length: table.rows }, (_, row) => row);
  if (window === undefined) return { x: toVae(table), rows: order };
  if (!laid) return { x: toVae(table), rows: order.subarray(window - 1) };
  const windows = toVae(takeCells(table, table.columns.length, order)), { places } = laid;
  const whole = Uint32Array.from(order.keys()).filter((first) =>
    places[order[first + window - 1]] - places[order[first]] === window - 1
  );
  if (whole.length === 0) {
    throw new RangeError(
      `Cannot take windows of ${table.source}: no ${window} steps follow each other`,
    );
  }
  return { x: takeRows(windows, whole), rows: whole.map((first) => order[first + window - 1]) };
}

/** The scores of the rows of a table, or of the steps of a series. */
export function scoresOfRows(scorer: TableScorer, cells: Cells, laid?: LaidOut): Float64Array {
  if (!laid) return scorer.scoreCells(cells).scores;
  const { scores } = scorer.scoreCells(laid.cells);
  return Float64Array.from(laid.places, (place) => scores[place]);
}
