/** The steps of a series in DATA, laid out by their times, if the model knows their column and the file has it. */
import { type LaidOut, laidOut, MAX_LACKING } from "../../detection/series/clock.ts";
import { spacingWarning, stepTimeWarnings } from "../../detection/series/step_times.ts";
import { selectColumns, type Table } from "../../formats/mod.ts";
import { type Cells, takeColumn } from "../../scoring/table/cells.ts";
import type { TableScorer } from "../../scoring/table_scorer.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import { takeRows } from "../../training/rows/minibatch.ts";
import { type Io, note } from "../io.ts";

/** A table of a series. */
export interface StepsTable {
  /** Its rows, in the model's columns. */
  readonly table: Table;
  /** Absent if no step is missing between them. */
  readonly laid?: LaidOut;
}

/** @param read with the column of the model's clock as the last, if the file has it */
export function layOut(scorer: TableScorer, read: Table, io: Io): StepsTable {
  const { table: { clock }, window = 0, columns } = scorer, width = read.columns.length;
  if (!clock || width === columns.length) return { table: read };
  const seconds = takeColumn(read, width, width - 1), table = selectColumns(read, columns);
  const laid = laidOut(table, seconds, clock, window, MAX_LACKING), { name } = clock.column;
  const warnings = [
    ...stepTimeWarnings(name, seconds, laid !== undefined),
    ...spacingWarning(name, seconds, clock.spacing),
  ];
  for (const each of warnings) note(io, each);
  return { table, ...(laid && { laid }) };
}

/** The same as one table, with empty rows for missing steps. */
export function laidOutTable(
  scorer: TableScorer,
  read: Table,
  io: Io,
): Table & { readonly missing?: number } {
  const { table, laid } = layOut(scorer, read, io);
  return laid ? { ...table, ...laid.cells, missing: laid.cells.rows - table.rows } : table;
}

/** The windows of a table's rows without those that missing steps divide; all, if there are no others. */
export function wholeWindows(windows: Matrix, laid: LaidOut | undefined, window: number): Matrix {
  if (!laid) return windows;
  const { places } = laid;
  const whole = Uint32Array.from(places.keys()).filter((first) =>
    places[first + window - 1] - places[first] === window - 1
  );
  return whole.length === 0 ? windows : takeRows(windows, whole);
}

/** The scores of the rows of a table, or of the steps of a series. */
export function scoresOfRows(scorer: TableScorer, cells: Cells, laid?: LaidOut): Float64Array {
  if (!laid) return scorer.scoreCells(cells).scores;
  const { scores } = scorer.scoreCells(laid.cells);
  return Float64Array.from(laid.places, (place) => scores[place]);
}
