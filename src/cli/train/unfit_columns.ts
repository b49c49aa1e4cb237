/**
 * Columns that `train` leaves out by itself, because with them every later row would be flagged:
 *
 *   row numbers  whole numbers that rise, or fall, from each row to the next: identifiers, counters, clocks
 *   row labels   a first column without a name that has another value in every row, as pandas and R write it
 *   times        that do not cover a whole day or week, such as those of one morning: a detector encodes a time as
 *                its position in the day and in the week; of a series, any times
 *
 * A column is kept if the user declares it or lists the columns to train on.
 */
import { describeUnseenTimes, findUnseenTimes } from "../../detection/columns/unseen_times.ts";
import type { ColumnOverride } from "../../detection/columns/infer_schema.ts";
import type { DetectorOptions } from "../../detection/options.ts";
import { oneAfterTheOther } from "../../detection/series/by_series.ts";
import { timeDeclarationOf } from "../../detection/warnings/time_numbers.ts";
import { isUnnamed } from "../../formats/csv/column_names.ts";
import { selectColumns, type Table } from "../../formats/mod.ts";
import { takeColumn } from "../../scoring/table/cells.ts";
import { type Io, note } from "../io.ts";
import { columnFlag } from "../text/text.ts";
import { orderOf, timeColumn, timesOf } from "./clock_column.ts";

/** A table to train on, and the times of its rows if it is a series. */
interface Fit {
  readonly table: Table;
  readonly clock?: DetectorOptions["clock"];
}

/** What is known of the order of rows. */
interface RowOrder {
  /** Steps of a window of a series: times then only say when its steps are. */
  readonly window?: number;
  /** The number of the series of each row, if there are several. */
  readonly series?: ArrayLike<number>;
}

/** The table without these columns, each reported; unchanged if nothing would be left. */
export function withoutUnfitColumns(
  table: Table,
  declared: readonly ColumnOverride[],
  { window, series }: RowOrder,
  io: Io,
): Fit {
  const declaredNames = new Set(declared.map(({ name }) => name));
  const reasons = new Map(table.columns.flatMap((name, c): [string, string][] => {
    const reason = declaredNames.has(name)
      ? undefined
      : (window === undefined ? undefined : stepClock(table, c)) ??
        rowNumber(table, c, series) ?? rowLabel(table, c) ??
        (window === undefined ? partialClock(table, c) : undefined);
    return reason === undefined ? [] : [[name, reason]];
  }));
  const kept = table.columns.filter((name) => !reasons.has(name));
  if (reasons.size === 0 || kept.length === 0) return { table };
  let clock: Fit["clock"];
  for (const [name, reason] of reasons) {
    const c = table.columns.indexOf(name), times = timesOf(table, c);
    const kind = times
      ? timestampOf(table, c)
      : table.texts?.[c]
      ? "categorical"
      : timeDeclarationOf(name, takeColumn(table, table.columns.length, c)) ?? "numeric";
    note(
      io,
      `column "${name}" is not trained on: it ${reason}; ${columnFlag(name, kind)} keeps it`,
    );
    if (window !== undefined) clock ??= timeColumn(table, c);
  }
  return { table: selectColumns(table, kept), ...(clock && { clock }) };
}

/** The times that a timestamp column does not cover; undefined for any other column, or for none. */
function partialClock(table: Table, c: number): string | undefined {
  const data = timesOf(table, c);
  const unseen = data && findUnseenTimes({ data, rows: table.rows }, 1, 0);
  if (!unseen || unseen.hours + unseen.days === 0) return undefined;
  return `${describeUnseenTimes(unseen)}, and rows from then would score high`;
}

/** That a column holds the times of a series' steps; undefined for any other. */
function stepClock(table: Table, c: number): string | undefined {
  const when = timeColumn(table, c)
    ? "when"
    : orderOf(table, c) === "time" && timesOf(table, c)
    ? "at which time of day"
    : undefined;
  return when &&
    `says ${when} the steps of the series were, and windows of it would outweigh the rest`;
}

/** That a column without a name labels the rows; undefined for any other. */
function rowLabel({ columns, data, rows }: Table, c: number): string | undefined {
  if (!isUnnamed(columns[c])) return undefined;
  const values = new Set<number>();
  for (let i = c; i < data.length; i += columns.length) values.add(data[i]);
  return values.size < rows
    ? undefined
    : "has no name and a different value in every row, as row labels do";
}

/** The declaration of a column of times. */
function timestampOf(table: Table, c: number): string {
  const order = orderOf(table, c);
  return order === undefined ? "timestamp" : `timestamp:${order}`;
}

/** Fewer rows may be in order by chance, or because they were sorted to be read. */
const MIN_ROWS = 20;

/** That a column numbers the rows, or those of each series; undefined for any other. */
function rowNumber(
  table: Table,
  c: number,
  series: ArrayLike<number> | undefined,
): string | undefined {
  const { columns, rows, texts } = table;
  if (rows < MIN_ROWS || texts?.[c]) return undefined;
  const values = takeColumn(table, columns.length, c);
  if (!values.every(Number.isInteger)) return undefined;
  const inTurn = Array.from(oneAfterTheOther(values, series));
  const differences = inTurn.map((value, r) => value - inTurn[r - 1]).filter((each) =>
    each === each
  );
  const rises = differences[0] > 0;
  if (differences.length === 0 || !differences.every((each) => rises ? each > 0 : each < 0)) {
    return undefined;
  }
  const direction = rises ? "rises" : "falls";
  return `${direction} from each row to the next, as row numbers do, and later rows would score high`;
}
