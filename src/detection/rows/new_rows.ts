/**
 * Reads new rows for a detector that is fitted: all of them, or in batches, which may exceed the available memory. Of
 * many rows a sample is drawn by the seed, as the commands draw (ADR 67, 76).
 */
import { requireNumber, requireObject } from "../../core/validate.ts";
import { RowSample } from "../../formats/sample/row_sample.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import { type TableRows, toCells } from "../../scoring/table/table_rows.ts";
import { renumberingRows } from "../../trained/renumber.ts";
import { isAsync, requireBatch, type RowBatches } from "./read_rows.ts";
import { sampleOptions } from "./row_limit.ts";
import type { SampledCells } from "./sample_warnings.ts";

/** How many rows are used at most, and which. */
export interface DrawOptions {
  /** The most rows that are used; others are left out at random. Default: a million, or 2²⁶ cells. */
  readonly maxRows?: number;
  /** Fixes which. Default: 0. */
  readonly seed?: number;
}

/** @throws TypeError or RangeError naming the option */
export function requireDrawOptions(what: string, options: DrawOptions): void {
  requireObject(`${what} options`, options, ["maxRows", "seed"]);
  requireMaxRows(options);
  if (options.seed !== undefined) requireNumber("seed", options.seed, { integer: true });
}

/** @throws RangeError unless it is a positive whole number */
export function requireMaxRows({ maxRows }: DrawOptions): void {
  if (maxRows !== undefined) requireNumber("maxRows", maxRows, { min: 1, integer: true });
}

/** Rows as cells, or cells as they are. */
export function cellsOf(rows: TableRows | Cells, schema: readonly ColumnSchema[]): Cells {
  return !Array.isArray(rows) && "rows" in rows ? rows : toCells(rows, schema);
}

/** The cells of each batch. @throws RowError with the number of the row among all batches */
export async function* batchesOf(
  batches: RowBatches,
  schema: readonly ColumnSchema[],
  action: string,
): AsyncGenerator<Cells> {
  let before = 0;
  for await (const batch of batches) {
    requireBatch(batch, action);
    const cells = renumberingRows(before, () => toCells(batch, schema));
    if (cells.rows > 0) yield cells;
    before += cells.rows;
  }
}

/** Some of the rows. */
export async function drawCells(
  rows: TableRows | Cells | RowBatches,
  schema: readonly ColumnSchema[],
  { action, signal, ...options }: DrawOptions & {
    /** For messages. */
    readonly action: string;
    readonly signal?: AbortSignal;
    /** Set for a series, whose last steps are used. */
    readonly window?: number;
  },
): Promise<SampledCells> {
  const sample = new RowSample(sampleOptions(options));
  const columns = schema.map(({ name }) => name);
  const add = (cells: Cells) => sample.add({ ...cells, columns, source: "-" });
  if (!isAsync(rows)) {
    const cells = cellsOf(rows, schema);
    if (options.maxRows === undefined || cells.rows === 0) return cells;
    add(cells);
    return sample.finish();
  }
  for await (const cells of batchesOf(rows, schema, action)) {
    signal?.throwIfAborted();
    add(cells);
  }
  return sample.read === 0 ? { data: new Float64Array(), rows: 0 } : sample.finish();
}
