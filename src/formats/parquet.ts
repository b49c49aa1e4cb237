/**
 * Parquet to Table: flat columns of numbers, booleans, texts and times; null is a missing value.
 * Source: hyparquet 1.31.5 with hyparquet-compressors 1.1.2 (snappy, gzip, brotli, zstd, lz4), loaded only when a
 * Parquet file is read. Limits: nested columns are refused unless they are left out; 64-bit integers are rounded to
 * the nearest float64, except in columns that keep their texts.
 */
import { CellGatherer } from "./text/cell_gatherer.ts";
import { type CellCodec, LABEL_EXPECTED, NUMBERS, parseLabel } from "./text/cells.ts";
import { DataError } from "./errors.ts";
import { type Group, openParquet, type ParquetFile } from "./parquet_file.ts";
import { plainValue } from "./parquet_values.ts";
import type { RandomAccess } from "./random_access.ts";
import { GrowingArray } from "./text/growing_array.ts";
import { createTable, planColumns, type Table, type TableOptions } from "./table.ts";

/**
 * The most cells for a file of this size: a repeated value takes no space, so a header can claim any number. Flags that
 * hardly ever change do as well, and pyarrow writes a million rows of them into a group.
 */
function maxCellsFor(bytes: number): number {
  return Math.min(2 ** 28, 2 ** 24 + 100 * bytes);
}

/** In Parquet, only numbers count as numbers. */
const STRICT: CellCodec = {
  encode: (cell) => typeof cell === "number" && Number.isFinite(cell) ? cell : undefined,
  expected: (cell) => NUMBERS.expected(cell === null ? "" : String(cell)),
};

/** Reads a Parquet file. */
export async function readParquet(bytes: Uint8Array, options: TableOptions = {}): Promise<Table> {
  const { source = "-" } = options;
  const file = await openParquet(new Uint8Array(bytes).buffer, source);
  const maxCells = Math.min(options.maxCells ?? Infinity, maxCellsFor(bytes.length));
  requireSize(file, Math.max(file.rows, ...file.groups.map(({ rows }) => rows)), maxCells);
  return await readGroups(file, options, 0, file.groups);
}

/** The rows of a Parquet file, one row group after the other. */
export async function* parquetParts(
  bytes: RandomAccess,
  options: TableOptions = {},
): AsyncGenerator<Table> {
  const file = await openParquet(bytes, options.source ?? "-");
  requireSize(file, file.rows, options.maxCells ?? Infinity);
  let first = 0;
  for (const group of file.groups) {
    requireSize(file, group.rows, maxCellsFor(bytes.byteLength));
    if (group.rows > 0) yield await readGroups(file, options, first, [group]);
    first += group.rows;
  }
  if (first === 0) yield await readGroups(file, options, 0, []);
}

async function readGroups(
  { names, read }: ParquetFile,
  options: TableOptions,
  first: number,
  groups: readonly Group[],
): Promise<Table> {
  const { source = "-", cells = "numbers" } = options, plan = planColumns(names, options, source);
  const readNames = plan.labelIndex < 0 ? plan.columns : [...plan.columns, options.label!];
  const columns = await read(readNames, groups, options);
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  const gatherer = new CellGatherer(plan.columns, cells, STRICT);
  const { parseLabel: parse = parseLabel } = options;
  let labels = plan.labelIndex < 0 ? undefined : new GrowingArray();
  for (let r = 0; r < rows; r++) {
    plan.columns.forEach((column, c) => {
      const cell = plainValue(columns[c][r], cells !== "numbers");
      const expected = gatherer.add(c, cell);
      if (expected === undefined) return;
      throw new DataError({ source, row: first + r + 1, column, expected, actual: show(cell) });
    });
    if (!labels) continue;
    const cell = plainValue(columns.at(-1)![r]), label = parse(String(cell ?? ""));
    if (label === undefined) {
      const details = { expected: LABEL_EXPECTED, actual: show(cell) };
      const place = { source, row: first + r + 1, column: options.label };
      const fault = new DataError({ ...place, ...details });
      if (!options.onLabelFault) throw fault;
      options.onLabelFault(fault);
      labels = undefined;
    } else labels.push(label);
  }
  const label = labels?.toArray();
  return createTable({ columns: plan.columns, ...gatherer.finish(), rows, label, source }, cells);
}

/** The names of the columns. */
export async function parquetNames(
  bytes: Uint8Array | RandomAccess,
  source: string,
): Promise<readonly string[]> {
  const file = bytes instanceof Uint8Array ? new Uint8Array(bytes).buffer : bytes;
  return (await openParquet(file, source)).names;
}

/** @throws DataError if the rows claim more cells than allowed */
function requireSize({ source, names }: ParquetFile, rows: number, maxCells: number): void {
  if (rows * names.length <= maxCells) return;
  const actual = `${rows} rows of ${names.length} columns`;
  throw new DataError({ source, expected: `at most ${maxCells} cells`, actual });
}

function show(cell: unknown): string {
  return typeof cell === "string" ? JSON.stringify(cell.slice(0, 40)) : `${cell}`;
}
