/**
 * Times that `train` leaves out by itself. A detector sees a time as its place in the day and in the week, so a
 * column that covers no whole day or week, such as that of a table of one morning, would flag every row from later on.
 * Whoever says what the column is, or which columns train, keeps it.
 */
import { parseTimestamp } from "../../core/timestamp.ts";
import { unseenTimes, unseenWhen } from "../../detection/clock_facts.ts";
import type { ColumnOverride } from "../../detection/infer_schema.ts";
import { selectColumns, type Table } from "../../formats/mod.ts";
import { valuesOf } from "../../scoring/table/raw_table.ts";
import type { Io } from "../io.ts";

/** The table without them, each told of; as it is if nothing else were left. */
export function withoutPartialClocks(
  table: Table,
  declared: readonly ColumnOverride[],
  io: Io,
): Table {
  const isSaid = new Set(declared.map(({ name }) => name));
  const told = new Map(table.columns.flatMap((name, c): [string, string][] => {
    const when = isSaid.has(name) ? undefined : partialClock(table, c);
    return when === undefined ? [] : [[name, when]];
  }));
  const kept = table.columns.filter((name) => !told.has(name));
  if (told.size === 0 || kept.length === 0) return table;
  for (const [name, when] of told) {
    io.stderr(
      `elbow: column "${name}" is not trained on: it ${when}, and rows from then would stand out; ` +
        `--column ${name}=timestamp keeps it\n`,
    );
  }
  return selectColumns(table, kept);
}

/** When a column of times has none; undefined for any other column. */
function partialClock(table: Table, c: number): string | undefined {
  const seconds = table.texts?.[c]?.map(parseTimestamp);
  if (!seconds || seconds.length === 0 || seconds.some(Number.isNaN)) return undefined;
  const data = valuesOf(table, c).map((code) => Number.isNaN(code) ? NaN : seconds[code]);
  const unseen = unseenTimes({ data, rows: table.rows }, 1, 0);
  return unseen && unseen.hours + unseen.days > 0 ? unseenWhen(unseen) : undefined;
}
