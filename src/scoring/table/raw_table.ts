/** A table as its source has it, and its cells under a schema. */
import { show } from "../../core/validate.ts";
import type { Drawn } from "../../formats/table.ts";
import { codecOf, type ColumnSchema, hasLevels } from "./schema.ts";
import type { Cells } from "./cells.ts";

/** Any table that a reader gives is one. */
export interface RawTable {
  /** Names, in order. */
  readonly columns: readonly string[];
  /** `[rows, columns]`, NaN where a value is missing. */
  readonly data: Float64Array;
  /** Rows. */
  readonly rows: number;
  /** For each column with text its texts, into which its cells are codes. */
  readonly texts?: readonly (readonly string[] | undefined)[];
  /** Names of columns of numbers in which digits stand behind a leading zero. */
  readonly padded?: readonly string[];
  /**
   * Where these are some of the rows of a larger table.
   * @internal
   */
  readonly drawn?: Drawn;
}

/** The cells of one column. */
export function valuesOf({ data, rows, columns }: RawTable, c: number): Float64Array {
  const width = columns.length;
  return Float64Array.from({ length: rows }, (_, r) => data[r * width + c]);
}

/**
 * The cells of a table whose columns are those of the schema, in its order.
 * @throws TypeError naming row, from 1, and column of a text where a number belongs
 */
export function encodeTable(table: RawTable, schema: readonly ColumnSchema[]): Cells {
  const width = schema.length, data = new Float64Array(table.rows * width);
  schema.forEach((column, c) => {
    const write = (r: number, code: number) => data[r * width + c] = code;
    encodeColumn(column, valuesOf(table, c), table.texts?.[c], write);
  });
  return { data, rows: table.rows };
}

/**
 * One column of it.
 * @param texts into which the values are codes, if they are
 */
export function encodeColumn(
  column: ColumnSchema,
  values: Float64Array,
  texts: readonly string[] | undefined,
  write: (row: number, code: number) => void,
): void {
  const codec = codecOf(column);
  const ofText = texts?.map((text) => codec.encode(text));
  const plain = !texts && !hasLevels(column.kind);
  values.forEach((value, r) => {
    const code = Number.isNaN(value) || plain
      ? value
      : ofText
      ? ofText[value]
      : codec.encode(value);
    if (code !== undefined) return write(r, code);
    throw new TypeError(
      `Cannot read row ${r + 1}, column "${column.name}": expected ${codec.expected(value)}, got ${
        show(texts ? texts[value] : value)
      }`,
    );
  });
}
