/**
 * Parquet to Table: flat columns of numbers, booleans, texts and times; null is a missing value.
 * Source: hyparquet 1.31.5 with hyparquet-compressors 1.1.2 (snappy, gzip, brotli, zstd, lz4), loaded only when a
 * Parquet file is read. Limits: nested columns are refused unless they are left out; 64-bit integers are rounded to
 * the nearest float64, except in columns that keep their texts.
 */
import type { SchemaElement } from "npm:hyparquet@1.31.5";
import { messageOf } from "../core/errors.ts";
import { CellGatherer } from "./text/cell_gatherer.ts";
import { type CellCodec, LABEL_EXPECTED, NUMBERS, parseLabel } from "./text/cells.ts";
import { DataError, quoteValue } from "./errors.ts";
import type { RandomAccess } from "./random_access.ts";
import { decimalUnit, exactDecimal, PARSERS, plainValue } from "./parquet_values.ts";
import { GrowingArray } from "./text/growing_array.ts";
import { createTable, planColumns, type Table, type TableOptions } from "./table.ts";

/** The most cells for a file of this size: a repeated value takes no space, so a header can claim any number. */
function maxCellsFor(bytes: number): number {
  return Math.min(2 ** 28, 2 ** 20 + 100 * bytes);
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
  requireSize(file, Math.max(file.rows, ...file.groups), maxCells);
  return await readRange(file, options, 0, file.rows);
}

/** The rows of a Parquet file, one row group after the other. */
export async function* parquetParts(
  bytes: RandomAccess,
  options: TableOptions = {},
): AsyncGenerator<Table> {
  const file = await openParquet(bytes, options.source ?? "-");
  requireSize(file, file.rows, options.maxCells ?? Infinity);
  let first = 0;
  for (const rows of file.groups) {
    requireSize(file, rows, maxCellsFor(bytes.byteLength));
    if (rows > 0) yield await readRange(file, options, first, first + rows);
    first += rows;
  }
  if (first === 0) yield await readRange(file, options, 0, 0);
}

async function readRange(
  { names, read }: ParquetFile,
  options: TableOptions,
  first: number,
  end: number,
): Promise<Table> {
  const { source = "-", cells = "numbers" } = options, plan = planColumns(names, options, source);
  const readNames = plan.labelIndex < 0 ? plan.columns : [...plan.columns, options.label!];
  const columns = await read(readNames, first, end);
  const gatherer = new CellGatherer(plan.columns, cells, STRICT);
  const { parseLabel: parse = parseLabel } = options;
  let labels = plan.labelIndex < 0 ? undefined : new GrowingArray();
  for (let r = 0; r < end - first; r++) {
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
  const rows = end - first, label = labels?.toArray();
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

interface ParquetFile {
  readonly source: string;
  readonly names: readonly string[];
  readonly rows: number;
  /** The number of rows in each row group. */
  readonly groups: readonly number[];
  /** The cells of some columns, in rows `first` up to `end`. */
  readonly read: (columns: readonly string[], first: number, end: number) => Promise<unknown[][]>;
}

async function openParquet(
  file: ArrayBuffer | RandomAccess,
  source: string,
): Promise<ParquetFile> {
  const { parquetMetadataAsync, parquetRead } = await import("npm:hyparquet@1.31.5");
  const { compressors } = await import("npm:hyparquet-compressors@1.1.2");
  const metadata = await parquetMetadataAsync(file).catch((cause) => {
    throw damaged(source, cause);
  });
  const elements = columnsOf(metadata.schema, source);
  const elementOf = new Map(elements.map((element) => [element.name, element]));
  const read: ParquetFile["read"] = async (columns, first, end) => {
    const cells = columns.map((): unknown[] => []), counts = columns.map(() => 0);
    const units = columns.map((name) => decimalUnit(requireReadable(elementOf.get(name)!, source)));
    try {
      await parquetRead({
        file,
        metadata,
        compressors,
        columns: [...columns],
        rowStart: first,
        rowEnd: end,
        parsers: PARSERS,
        onChunk({ columnName, columnData, rowStart }) {
          const c = columns.indexOf(columnName), own = cells[c], unit = units[c];
          counts[c] += columnData.length;
          for (let i = 0; i < columnData.length; i++) {
            const cell = columnData[i];
            own[rowStart - first + i] = unit === 1 ? cell : exactDecimal(cell, unit);
          }
        },
      });
    } catch (cause) {
      throw damaged(source, cause);
    }
    const short = counts.findIndex((count) => count < end - first);
    if (short < 0) return cells;
    const column = quoteValue(columns[short]), rows = `${counts[short]} of ${end - first} rows`;
    throw damaged(source, `column ${column} has ${rows}`);
  };
  const groups = metadata.row_groups.map(({ num_rows }) => Number(num_rows));
  const rows = Number(metadata.num_rows), total = groups.reduce((sum, group) => sum + group, 0);
  if (rows !== total || groups.some((group) => group < 0)) {
    throw damaged(source, `${rows} rows, in groups of ${total}`);
  }
  return { source, names: elements.map(({ name }) => name), rows, groups, read };
}

/** The columns of a schema, which lists a nested column with all that it contains. */
function columnsOf([root, ...elements]: readonly SchemaElement[], source: string) {
  const columns: SchemaElement[] = [];
  let inside = 0;
  for (const element of elements) {
    if (inside > 0) inside--;
    else columns.push(element);
    inside += element.num_children ?? 0;
  }
  const isNamed = columns.every(({ name }) => typeof name === "string");
  if (isNamed && inside === 0 && root?.num_children === columns.length) return columns;
  throw damaged(source, "its columns are not what its schema says");
}

/** @throws DataError for a kind of column that is not read */
function requireReadable(element: SchemaElement, source: string): SchemaElement {
  const { name: column, converted_type: type, num_children = 0 } = element;
  if (num_children > 0) {
    const actual = "a nested one, which can only be excluded";
    throw new DataError({ source, column, expected: "a flat column", actual });
  }
  if (type !== "INTERVAL" && type !== "BSON") return element;
  throw new DataError({ source, column, expected: "numbers, texts or times", actual: type });
}

/** @throws DataError if the rows claim more cells than allowed */
function requireSize({ source, names }: ParquetFile, rows: number, maxCells: number): void {
  if (rows * names.length <= maxCells) return;
  const actual = `${rows} rows of ${names.length} columns`;
  throw new DataError({ source, expected: `at most ${maxCells} cells`, actual });
}

function damaged(source: string, cause: unknown): DataError {
  const expected = "a complete Parquet file";
  return new DataError({ source, expected, actual: `a damaged one (${messageOf(cause)})` }, {
    cause,
  });
}

function show(cell: unknown): string {
  return typeof cell === "string" ? JSON.stringify(cell.slice(0, 40)) : `${cell}`;
}
