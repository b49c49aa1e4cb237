/** Converts rows passed by a program (lists, objects or a matrix) to a raw table. */
import { RowError } from "../../core/row_error.ts";
import { show } from "../../core/validate.ts";
import { CellGatherer, type CellReading } from "../../formats/text/cell_gatherer.ts";
import { NUMBERS } from "../../formats/text/cells.ts";
import { requireFloatRows } from "../../trained/rows/matrix.ts";
import { cellsOfRow, type TableRows } from "../../scoring/table/table_rows.ts";
import type { RawTable } from "../../formats/table.ts";
import { withMissing } from "../../formats/text/missing_texts.ts";
import { keptTexts, readingOf } from "../columns/infer_schema.ts";
import { missingTextsOf } from "../columns/declared_missing.ts";
import type { DetectorOptions } from "../options.ts";

/**
 * Takes each cell unchanged: a number, text, boolean or Date, or missing (null, undefined or NaN).
 * @param options declare the columns that have levels and keep their texts, and what stands for a missing cell
 * @param before number of rows before these, for error messages
 * @throws RowError naming row and column
 */
export function rawTableOf(
  rows: TableRows,
  columns: readonly string[],
  options: Pick<DetectorOptions, "schema" | "missing"> = {},
  before = 0,
): RawTable {
  const { schema } = options, textsOf = missingTextsOf(options);
  const table = gatheredTable(rows, columns, readingOf(schema), before);
  return textsOf ? withMissing(table, textsOf, keptTexts(schema)) : table;
}

function gatheredTable(
  rows: TableRows,
  columns: readonly string[],
  reading: CellReading,
  before: number,
): RawTable {
  if (!Array.isArray(rows)) {
    const { data, shape } = requireFloatRows(rows, columns.length);
    data.forEach((value, i) => {
      if (Math.abs(value) === Infinity) {
        refuse(before + Math.floor(i / columns.length), columns, i, value);
      }
    });
    return { columns, data: Float64Array.from(data), rows: shape[0] };
  }
  const gatherer = new CellGatherer(columns, reading, NUMBERS);
  for (let r = 0; r < rows.length; r++) {
    const cells = cellsOfRow(rows[r], before + r, columns);
    for (let c = 0; c < columns.length; c++) {
      const cell = cells[c] instanceof Date ? timeText(cells[c]) : cells[c];
      if (gatherer.add(c, cell) !== undefined) refuse(before + r, columns, c, cell);
    }
  }
  return { columns, rows: rows.length, ...gatherer.finish() };
}

function timeText(date: unknown): string | null {
  const time = date as Date;
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

function refuse(row: number, columns: readonly string[], cell: number, value: unknown): never {
  throw new RowError(
    `expected a finite number, a text, true, false or null, got ${show(value)}`,
    row + 1,
    columns[cell % columns.length],
  );
}
