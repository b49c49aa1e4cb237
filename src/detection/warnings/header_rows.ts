/** A warning about a header line that is probably the first row: a column of times that is named by a time. */
import { type DateOrder, parseTimestamp } from "../../core/timestamp.ts";
import type { ReadColumn } from "../columns/read_column.ts";

/** One sentence for the first such column; dates as names of columns of numbers are usual in wide tables. */
export function headerWarnings(columns: readonly ReadColumn[]): string[] {
  const column = columns.find(({ name, kind, format }) =>
    kind === "timestamp" && !Number.isNaN(parseTimestamp(name, format as DateOrder | undefined))
  );
  return column === undefined ? [] : [
    `column "${column.name}" holds times and is named by one, as if the header were a row: say so if there is no header line`,
  ];
}
