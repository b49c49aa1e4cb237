/**
 * Columns that say when the steps of a series are: times as text, seconds or milliseconds since 1970, or, if the user
 * names the column, any numbers that count on, such as cycles or hours of operation.
 */
import { type DateOrder, parseTimestamp } from "../../core/timestamp.ts";
import type { DetectorOptions } from "../../detection/options.ts";
import { timeDeclarationOf } from "../../detection/warnings/time_numbers.ts";
import { WrittenForms } from "../../formats/sample/written_forms.ts";
import type { Table } from "../../formats/mod.ts";
import { takeColumn } from "../../scoring/table/cells.ts";
import { codecOf, type ColumnSchema } from "../../scoring/table/schema.ts";

type Clock = NonNullable<DetectorOptions["clock"]>;

/** The column as a clock. @throws TypeError if it holds texts that are no times */
export function clockOf(table: Table, c: number): Clock {
  const found = timeColumn(table, c);
  if (found) return found;
  const name = table.columns[c], texts = table.texts?.[c];
  if (!texts) {
    const seconds = takeColumn(table, table.columns.length, c);
    return { column: { name, kind: "numeric" }, seconds };
  }
  const order = orderOf(table, c);
  if (order === "time") {
    throw new TypeError(
      `Cannot use --clock ${name}: expected times with their dates in ${table.source}, got "${
        texts[0]
      }"`,
    );
  }
  const wrong = texts.find((text) => Number.isNaN(parseTimestamp(text, order)));
  throw new TypeError(
    `Cannot use --clock ${name}: expected times or numbers in ${table.source}, got "${wrong}"`,
  );
}

/** A column of times as a clock; undefined for any other, such as times of day without their dates. */
export function timeColumn(table: Table, c: number): Clock | undefined {
  const name = table.columns[c], times = timesOf(table, c);
  if (times) {
    const format = orderOf(table, c);
    if (format === "time" || standsStill(times)) return undefined;
    return { column: { name, kind: "timestamp", ...(format && { format }) }, seconds: times };
  }
  if (table.texts?.[c]) return undefined;
  const values = takeColumn(table, table.columns.length, c);
  const [kind, format] = timeDeclarationOf(name, values)?.split(":") ?? [];
  if (kind === undefined || standsStill(values)) return undefined;
  const column = { name, kind, ...(format && { format }) } as ColumnSchema;
  const { encode } = codecOf(column);
  return { column, seconds: values.map((value) => encode(value) ?? NaN) };
}

/** Whether all values are one, which says nothing of the steps. */
function standsStill(values: Float64Array): boolean {
  return values.every((value) => value === values[0]);
}

/** The order of day and month, if the texts of a column need one to be times. */
export function orderOf(table: Table, c: number): DateOrder | undefined {
  const texts = table.texts?.[c] ?? [], forms = new WrittenForms();
  if (!texts.some((text) => Number.isNaN(parseTimestamp(text)))) return undefined;
  texts.forEach((text) => forms.add(text));
  return (table.drawn?.columns[c].forms ?? forms).order;
}

/** Seconds, NaN where missing; undefined for a column whose texts are not times. */
export function timesOf(table: Table, c: number): Float64Array | undefined {
  const texts = table.texts?.[c], order = orderOf(table, c);
  const seconds = texts?.map((text) => parseTimestamp(text, order));
  if (!seconds || seconds.length === 0 || seconds.some(Number.isNaN)) return undefined;
  const codes = takeColumn(table, table.columns.length, c);
  return codes.map((code) => Number.isNaN(code) ? NaN : seconds[code]);
}
