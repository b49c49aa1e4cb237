/** Converts a table as it was read to cells, by a schema. */
import { show } from "../../core/validate.ts";
import { RowError } from "../../core/row_error.ts";
import type { RawTable } from "../../formats/table.ts";
import { codecOf, type ColumnSchema } from "./schema.ts";
import { type Cells, takeColumn } from "./cells.ts";

/**
 * Encodes a table whose columns match the schema, in order.
 * @throws RowError naming row and column of a text where a number belongs
 */
export function encodeTable(table: RawTable, schema: readonly ColumnSchema[]): Cells {
  const width = schema.length, data = new Float64Array(table.rows * width);
  schema.forEach((column, c) => {
    const write = (r: number, code: number) => data[r * width + c] = code;
    encodeColumn(column, takeColumn(table, width, c), table.texts?.[c], write);
  });
  return { data, rows: table.rows };
}

/**
 * Encodes one column.
 * @param texts the column's texts, if its values are indices of these
 */
function encodeColumn(
  column: ColumnSchema,
  values: Float64Array,
  texts: readonly string[] | undefined,
  write: (row: number, code: number) => void,
): void {
  const codec = codecOf(column);
  const textCodes = texts?.map((text) => codec.encode(text));
  const needsNoCode = !texts && codec.plain;
  values.forEach((value, r) => {
    const code = Number.isNaN(value) || needsNoCode
      ? value
      : textCodes
      ? textCodes[value]
      : codec.encode(value);
    if (code !== undefined) return write(r, code);
    const shown = show(texts ? texts[value] : value);
    throw new RowError(`expected ${codec.expected(value)}, got ${shown}`, r + 1, column.name);
  });
}
