/** Warnings and errors for tables that were sampled (ADR 67). The errors also cover rows outside the sample. */
import { RowError } from "../../core/row_error.ts";
import { show } from "../../core/validate.ts";
import type { Drawn } from "../../formats/table.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { codecOf, type ColumnSchema, hasLevels } from "../../scoring/table/schema.ts";
import { MAX_CELL } from "../../scoring/table/table_rows.ts";

/** Cells that may be a sample of a larger table; of a series, some rows may stand for missing steps. */
export type SampledCells = Cells & { readonly drawn?: Drawn; readonly missing?: number };

/** What a number must be, for error messages. */
export const SIZE_EXPECTED: string = `a finite number of magnitude at most ${MAX_CELL}`;

/** The warning that not all rows are used. */
export function sampleWarnings(
  { rows, drawn, missing = 0 }: SampledCells,
  window?: number,
  purpose: "train and calibrate" | "calibrate" | "train" = "train and calibrate",
): string[] {
  if (!drawn) return [];
  const each = drawn.by === undefined ? "" : ` of each series by column "${drawn.by}"`;
  const which = window === undefined ? "a random sample" : `the last ones${each}`;
  return [`${rows - missing} of ${drawn.rows} rows ${purpose}, ${which}`];
}

/** @throws RowError naming the column, and a row, that cannot be used, even if the row is not in the sample */
export function requireReadable({ columns }: Drawn, schema: readonly ColumnSchema[]): void {
  schema.forEach((column, c) => {
    if (hasLevels(column.kind)) return;
    const { firstText, smallest, largest } = columns[c];
    const codec = codecOf(column);
    if (firstText && codec.encode(firstText.text) === undefined) {
      const { row, text } = firstText, expected = codec.expected(text);
      const fault = `expected ${expected}, got ${show(text)} in row ${row}`;
      throw new RowError(fault, undefined, column.name);
    }
    const extreme = largest > MAX_CELL ? largest : smallest;
    if (!(Math.abs(extreme) > MAX_CELL) || Math.abs(extreme) === Infinity) return;
    throw new RowError(`expected ${SIZE_EXPECTED}, got ${extreme}`, undefined, column.name);
  });
}
