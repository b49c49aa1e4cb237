/** The columns of `elbow train --window` that say where steps are: `--by` and `--clock`, or a clock found by itself. */
import type { ColumnOverride } from "../../detection/columns/infer_schema.ts";
import type { DetectorOptions } from "../../detection/options.ts";
import { seriesNumbers } from "../../detection/series/by_series.ts";
import { listNames } from "../../formats/errors.ts";
import { selectColumns, type Table } from "../../formats/mod.ts";
import { takeColumn } from "../../scoring/table/cells.ts";
import { namingTable } from "../files/data.ts";
import type { Io } from "../io.ts";
import type { TrainOptions } from "./option.ts";
import { clockOf } from "./clock_column.ts";
import { withoutUnfitColumns } from "./unfit_columns.ts";

type Given = Pick<TrainOptions, "by" | "clock" | "columns" | "window">;

/** A table to train on, and where its steps are. */
type Steps = Pick<DetectorOptions, "by" | "clock"> & { readonly table: Table };

/** The columns to read, if they are listed. */
export function columnsToRead({ by, clock, columns }: Given): readonly string[] | undefined {
  if (!columns) return undefined;
  const more = [by, clock].filter((name) => name !== undefined);
  return [...columns, ...more.filter((name) => !columns.includes(name))];
}

/**
 * The table in the columns to train on; those left out by themselves are reported.
 * @throws TypeError for a column that the table does not have; DataError for a row of no series
 */
export async function stepsOf(
  read: Table,
  declared: readonly ColumnOverride[],
  given: Given,
  io: Io,
): Promise<Steps> {
  const { columns: listed, window } = given, marks = [given.by, given.clock];
  const values = (flag: string, name: string) =>
    takeColumn(read, read.columns.length, placeOf(read, flag, name));
  const by = given.by === undefined
    ? undefined
    : { column: given.by, values: values("--by", given.by) };
  const series = by && await namingTable(read, async () => seriesNumbers(by));
  const clock = given.clock === undefined
    ? undefined
    : clockOf(read, placeOf(read, "--clock", given.clock));
  const kept = read.columns.filter((name) => !marks.includes(name));
  const table = kept.length < read.columns.length && kept.length > 0
    ? selectColumns(read, kept)
    : read;
  const found = listed ? { table } : withoutUnfitColumns(table, declared, { window, series }, io);
  return { ...found, ...(clock && { clock }), ...(by && { by }) };
}

function placeOf({ columns, source }: Table, flag: string, name: string): number {
  const place = columns.indexOf(name);
  if (place >= 0) return place;
  throw new TypeError(
    `Cannot use ${flag} ${name}: ${source} has no such column, only ${listNames(columns)}`,
  );
}
