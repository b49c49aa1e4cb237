/** A column as it was read, with what is known of it before training. */
import { takeColumn } from "../../scoring/table/cells.ts";
import type { RawTable } from "../../formats/table.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";

/** What a user said about a column. */
export type Declaration = Pick<ColumnSchema, "name" | "levels">;

export interface ReadColumn extends ColumnSchema {
  /** Its texts, if it has any; its values are then indices of these. */
  readonly texts?: readonly string[];
  /** Whether some of its numbers have leading zeros. */
  readonly isPadded: boolean;
  /** Whether its numbers are written with a decimal comma. */
  readonly hasComma: boolean;
  /** A column that was declared is what it was declared to be. */
  readonly declared?: Declaration;
  readonly values: () => Float64Array;
}

export function readColumns(
  table: RawTable,
  schema: readonly ColumnSchema[],
  declared: readonly Declaration[],
): ReadColumn[] {
  return schema.map((column, c) => ({
    ...column,
    texts: table.texts?.[c],
    isPadded: table.padded?.includes(column.name) ?? false,
    hasComma: table.decimalCommas?.includes(column.name) ?? false,
    declared: declared.find(({ name }) => name === column.name),
    values: () => takeColumn(table, schema.length, c),
  }));
}
