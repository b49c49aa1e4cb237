/** Describes the rows of a program, or a table as read, before training: `data_report.ts`. */
import type { RawTable } from "../scoring/table/raw_table.ts";
import { columnsOf, type TableRows } from "../scoring/table/table_rows.ts";
import { type DataReport, reportCells } from "./data_report.ts";
import { inferSchema } from "./infer_schema.ts";
import { type DetectorOptions, requireColumns } from "./options.ts";
import { rawTableOf } from "./rows/raw_rows.ts";
import { isRaw } from "./rows/read_training.ts";
import { meaningWarnings } from "./columns/meaning_warnings.ts";

/**
 * Reports on rows as `Detector.fit` would read them.
 * @throws TypeError or RangeError naming row and column that cannot be read
 */
export function reportData(
  rows: TableRows | RawTable,
  { columns, schema: overrides = [] }: Pick<DetectorOptions, "columns" | "schema"> = {},
): DataReport {
  const names = columns ?? (isRaw(rows) ? rows.columns : columnsOf(rows));
  requireColumns(names);
  const table = isRaw(rows) ? { ...rows, columns: names } : rawTableOf(rows, names, overrides);
  const { schema, cells } = inferSchema(table, overrides);
  const report = reportCells(cells, schema, table);
  const warnings = [...meaningWarnings(table, schema, overrides), ...report.warnings];
  return { ...report, warnings };
}
