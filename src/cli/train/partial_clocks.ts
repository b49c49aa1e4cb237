/**
 * Timestamp columns that `train` leaves out by itself. A detector encodes a time as its position in the day and in the
 * week. So a column that does not cover a whole day or week, such as that of one morning, would flag every later row.
 * It is kept if the user declares the column or lists the columns to train on.
 */
import { parseTimestamp } from "../../core/timestamp.ts";
import { unseenTimes, unseenWhen } from "../../detection/clock_facts.ts";
import type { ColumnOverride } from "../../detection/infer_schema.ts";
import { WrittenForms } from "../../formats/sample/written_forms.ts";
import { selectColumns, type Table } from "../../formats/mod.ts";
import { valuesOf } from "../../scoring/table/raw_table.ts";
import type { Io } from "../io.ts";

/** The table without these columns, each reported; unchanged if nothing would be left. */
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

/** The times that a timestamp column does not cover; undefined for any other column, or for none. */
function partialClock(table: Table, c: number): string | undefined {
  const texts = table.texts?.[c], forms = new WrittenForms();
  texts?.forEach((text) => forms.meet(text));
  const { order } = table.drawn?.columns[c].forms ?? forms;
  const seconds = texts?.map((text) => parseTimestamp(text, order));
  if (!seconds || seconds.length === 0 || seconds.some(Number.isNaN)) return undefined;
  const data = valuesOf(table, c).map((code) => Number.isNaN(code) ? NaN : seconds[code]);
  const unseen = unseenTimes({ data, rows: table.rows }, 1, 0);
  return unseen && unseen.hours + unseen.days > 0 ? unseenWhen(unseen) : undefined;
}
