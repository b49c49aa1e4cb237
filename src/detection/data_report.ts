/**
 * A report on a table, to read before training: columns, missing cells, constants, duplicates, tails, and the number of
 * latent dimensions that would be used (`columns/spectrum.ts`).
 *
 * A cell is outlying if it is more than 10 usual spreads from the median; the usual spread is the median distance of
 * the other cells from it. Under a normal distribution one cell in 10¹⁰ is outlying.
 */
import { lowerMedian } from "../core/sorted.ts";
import { type ColumnSchema, hasLevels } from "../scoring/table/schema.ts";
import type { RawTable } from "../formats/table.ts";
import type { Cells } from "../scoring/table/cells.ts";
import { columnsOf, type TableRows } from "../scoring/table/table_rows.ts";
import { columnFacts } from "./columns/column_facts.ts";
import { autocorrelationWarnings, columnWarnings } from "./warnings/column_warnings.ts";
import { meaningWarnings } from "./warnings/meaning_warnings.ts";
import { collapseWarnings, type Spectrum, spectrumOfTable } from "./columns/spectrum.ts";
import { MIN_ROWS } from "./calibrate.ts";
import { inferSchema } from "./columns/infer_schema.ts";
import { MAX_POINTS } from "./rows/trained_levels.ts";
import { type DetectorOptions, requireColumns } from "./options.ts";
import { rawTableOf } from "./rows/raw_rows.ts";
import { namingDrawnRows } from "./rows/read_rows.ts";
import { isRaw } from "./rows/read_training.ts";
import { RowSet } from "./rows/row_set.ts";
import { sortedValues } from "../scoring/table/take_cells.ts";

/** Report on one column. */
export interface ColumnReport {
  /** Name in the table. */
  readonly name: string;
  /** Kind of its values. */
  readonly kind: ColumnSchema["kind"];
  /** The share of cells that are missing. */
  readonly missing: number;
  /** Number of distinct values. */
  readonly distinct: number;
  /** Smallest observed value; NaN if there is none. */
  readonly least: number;
  /** The lower median. */
  readonly median: number;
  /** Largest observed value; NaN if there is none. */
  readonly largest: number;
  /** Number of cells more than 10 usual spreads from the median. */
  readonly outlying: number;
}

/** Report on a table. */
export interface DataReport {
  /** Number of rows. */
  readonly rows: number;
  /** Number of rows that repeat an earlier one. */
  readonly duplicateRows: number;
  /** One report per column, in order. */
  readonly columns: readonly ColumnReport[];
  /** Spectrum of the ranks of the numeric columns that vary; absent if there are fewer than two, or too many. */
  readonly spectrum?: Spectrum;
  /** What the user should know before training. */
  readonly warnings: readonly string[];
}

/** Number of usual spreads beyond which a cell is outlying. */
const OUTLYING_DISTANCES = 10;

/** The share of duplicate rows that is worth a warning. */
const MANY_DUPLICATES = 0.2;

/**
 * Reports on rows as `Detector.fit` would read them.
 * @throws RowError naming row and column that cannot be read
 */
export function reportData(
  rows: TableRows | RawTable,
  options: Pick<DetectorOptions, "columns" | "schema" | "missing"> = {},
): DataReport {
  const { columns, schema: overrides = [], missing } = options;
  const names = columns ?? (isRaw(rows) ? rows.columns : columnsOf(rows));
  requireColumns(names);
  const table = isRaw(rows) ? { ...rows, columns: names } : rawTableOf(rows, names, options);
  const { schema, cells } = namingDrawnRows(
    table,
    () => inferSchema(table, overrides, MAX_POINTS, missing),
  );
  const report = reportCells(cells, schema, table);
  const warnings = [...meaningWarnings(table, schema, overrides), ...report.warnings];
  return { ...report, warnings };
}

/**
 * Reports on cells of a schema.
 * @param raw the table as read: in `cells`, rare texts are not levels and share one code
 */
export function reportCells(
  cells: Cells,
  schema: readonly ColumnSchema[],
  raw: Pick<RawTable, "data" | "rows"> = cells,
): DataReport {
  const columns = schema.map((_, c) => reportColumn(cells, raw, schema, c));
  const facts = columnFacts(schema, cells);
  const spectrum = spectrumOfTable(cells, schema, facts);
  const duplicateRows = countDuplicates(raw, schema.length);
  const warnings = [
    ...columnWarnings(facts),
    ...autocorrelationWarnings(facts.autocorrelated, cells.rows),
    ...warningsOf(cells.rows, duplicateRows),
    ...collapseWarnings(spectrum, schema),
  ];
  return { rows: cells.rows, duplicateRows, columns, spectrum, warnings };
}

function reportColumn(
  cells: Cells,
  raw: Pick<RawTable, "data" | "rows">,
  schema: readonly ColumnSchema[],
  c: number,
): ColumnReport {
  const width = schema.length, { name, kind } = schema[c];
  const sorted = sortedValues(cells, width, c), count = sorted.length;
  const median = lowerMedian(sorted);
  const distances = sorted.map((value) => Math.abs(value - median)).sort();
  // NaN if no cell differs from the median: no distance is above that.
  const usualSpread = lowerMedian(distances.filter((distance) => distance > 0));
  return {
    name,
    kind,
    missing: 1 - count / cells.rows,
    distinct: new Set(sortedValues(raw, width, c)).size,
    least: count > 0 ? sorted[0] : NaN,
    median,
    largest: count > 0 ? sorted[count - 1] : NaN,
    outlying: hasLevels(kind)
      ? 0
      : distances.filter((each) => each > OUTLYING_DISTANCES * usualSpread).length,
  };
}

function countDuplicates({ data, rows }: Pick<RawTable, "data" | "rows">, width: number): number {
  const rowSet = new RowSet({ data, rows }, width, Array.from({ length: width }, (_, c) => c));
  let duplicates = 0;
  for (let r = 0; r < rows; r++) duplicates += Number(rowSet.findOrAdd(r) !== r);
  return duplicates;
}

function warningsOf(rows: number, duplicateRows: number): string[] {
  const warnings: string[] = [];
  if (rows < MIN_ROWS) {
    warnings.push(`only ${rows} row${rows === 1 ? "" : "s"}: training needs at least ${MIN_ROWS}`);
  } else if (rows < 1000) {
    warnings.push(
      `only ${rows} rows: the false-alarm rate may differ from 1 % by ${percent(rows)}`,
    );
  }
  if (duplicateRows > MANY_DUPLICATES * rows) {
    warnings.push(`${Math.round(100 * duplicateRows / rows)} % of the rows repeat an earlier one`);
  }
  return warnings;
}

/** Two standard deviations of the false-alarm rate at 1 %, with half of the rows held out. */
function percent(rows: number): string {
  const deviation = Math.sqrt(0.01 * 0.99 / Math.max(2, rows / 2));
  return `± ${(200 * deviation).toFixed(1)} percentage points`;
}
