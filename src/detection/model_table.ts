/**
 * Reads a file, in parts, as the table that a model expects: its columns, in its order, encoded by its schema.
 *
 * Named columns (CSV, JSON lines with keys) are found by name, in any order; columns unknown to the model are dropped.
 * Unnamed columns (NPY, NPZ) are taken by position, and their number must match the model. If every cell may be
 * missing, a JSON object may lack some of the keys, but not all.
 */
import { RowError } from "../core/row_error.ts";
import { DataError, type ReadTableOptions, selectColumns, type Table } from "../formats/mod.ts";
import type { OpenTable } from "../formats/sample/table_parts.ts";
import { lineOf } from "../formats/table.ts";
import type { CellCodec, LabelParser } from "../formats/text/cells.ts";
import { oneHot } from "../trained/rows/labels.ts";
import { encodeTable } from "../scoring/table/encode_table.ts";
import { requireCells } from "../scoring/require_cells.ts";
import { codecOf } from "../scoring/table/schema.ts";
import type { Units } from "../scoring/units.ts";
import { namesByPosition, placesOf, requireModelColumns, withNames } from "./model_columns.ts";

/** What reading needs of a model. */
export interface TableReader {
  readonly units: Units;
}

/** A column of a file that is not one of the model's. */
export interface AlsoColumn {
  readonly name: string;
  readonly codec: CellCodec;
}

/** What to read besides the model's columns, and whom to tell. */
export interface ModelTableOptions extends TableLimits {
  /** A column to read separately. */
  readonly label?: string;
  /** How its cells are read. */
  readonly parseLabel?: LabelParser;
  /** Columns that are not the model's, and are read after its own if the file has them by name. */
  readonly also?: readonly AlsoColumn[];
  /** Called with the names of the file's columns, if it has any. */
  readonly onNames?: (names: readonly string[]) => void;
}

/**
 * The rows of a file in parts, which each hold some of them and are valid until the next is requested; their `lines`
 * cover all rows so far. Closes the table.
 * @throws DataError naming the file, and the row and column if one is at fault
 */
export async function* modelParts(
  { units }: TableReader,
  source: string,
  open: OpenTable,
  options: ModelTableOptions = {},
): AsyncGenerator<Table> {
  try {
    const own = await open.names(), { isHeadless = false, isNamedByRow: isByRow } = open;
    const names = isHeadless ? namesByPosition(units, own!, source, options.label) : own;
    const { reading, take } = readingOf(units, source, { names, isByRow }, options);
    let rows = 0;
    for await (const part of open.read(isHeadless ? { ...reading, names } : reading).parts) {
      const table = await take(part, rows);
      const isWider = table.columns.length > units.columns.length;
      requireCells(units, isWider ? selectColumns(table, units.columns) : table, rows);
      yield table;
      rows += part.rows;
    }
  } finally {
    await open.close();
  }
}

/** Limits on the size of a file once it is read. */
type TableLimits = Pick<ReadTableOptions, "maxCells" | "maxInflatedBytes">;

/** How a file is read for a model. */
interface ModelReading {
  readonly reading: ReadTableOptions;
  /** What was read as the model takes it. @param before number of rows before these */
  take(table: Table, before: number): Promise<Table>;
}

function readingOf(
  given: Units,
  source: string,
  found: { readonly names: readonly string[] | undefined; readonly isByRow: boolean },
  { onNames, also = [], ...options }: ModelTableOptions,
): ModelReading {
  const units = withNames(given, found.names ?? []), names = units.names && found.names;
  if (!names) return byPositions(units, options);
  if (mayOmitKeys(units) && found.isByRow) {
    return byNames(units, also, { ...options, mayLack: true, onNames });
  }
  requireModelColumns(units, names, source);
  onNames?.(names);
  const isInFile = (name: string) => names.includes(name);
  const known = { ...units, names: units.names!.filter(isInFile) };
  return byNames(known, also.filter(({ name }) => isInFile(name)), options);
}

/** Whether rows of JSON lines may lack any of the keys, which then count as missing cells. */
function mayOmitKeys({ columns, missing }: Units): boolean {
  return missing === columns.length;
}

function byNames(
  units: Units,
  also: readonly AlsoColumn[],
  options: ReadTableOptions,
): ModelReading {
  const { schema } = units, more = schema ? also : [];
  const columns = [...units.names!, ...more.map(({ name }) => name)];
  const codecs = new Map(schema?.map((column) => [column.name, codecOf(column)]));
  for (const { name, codec } of more) codecs.set(name, codec);
  const cells = schema ? (name: string) => codecs.get(name)! : "numbers";
  return {
    reading: { ...options, columns, cells },
    take: async (table, before) => withClass(units, table, before),
  };
}

function byPositions(units: Units, options: ReadTableOptions): ModelReading {
  const { columns, schema, names } = units;
  // Columns without names are all numeric, which every part of a file must see alike.
  const cells = !schema ? "numbers" : names ? "any" : () => codecOf(schema[0]);
  return {
    reading: { ...options, cells },
    async take(read, before) {
      const table = byPosition(withClass(units, read, before), columns);
      if (!schema) return table;
      const { data } = await namingTable(table, async () => encodeTable(table, schema), before);
      return { ...table, data, texts: undefined };
    },
  };
}

/**
 * Runs an action on a table's cells; its errors about them then name the file, the line and the column.
 * @param before number of rows before these
 */
export async function namingTable<Value>(
  { source, lines, columns }: Pick<Table, "source" | "lines" | "columns">,
  take: () => Promise<Value>,
  before = 0,
): Promise<Value> {
  try {
    return await take();
  } catch (error) {
    if (!(error instanceof RowError)) throw error;
    const row = error.row && before + error.row, line = row && lineOf(lines, row);
    const column = typeof error.column === "number" ? columns[error.column - 1] : error.column;
    throw new DataError({ source, row, line, column, fault: error.fault }, { cause: error });
  }
}

/**
 * Expands x, optionally followed by a class (-1 if missing), to the one-hot rows that a model with a classifier reads.
 */
function withClass(
  { generated, optional: condition = 0 }: Units,
  table: Table,
  before: number,
): Table {
  const inputs = generated.length;
  const { columns, rows, data, source } = table, width = columns.length;
  const hasClass = width === inputs + 1;
  if (condition === 0 || !(hasClass || width === inputs)) return table;
  const labels = Array.from({ length: rows }, (_, r) => hasClass ? data[r * width + inputs] : -1);
  const fault = labels.findIndex((y) => !Number.isInteger(y) || y < -1 || y >= condition);
  if (fault >= 0) {
    const expected = `a class, 0 to ${condition - 1}, or -1 if unknown`;
    const column = columns[inputs];
    const row = before + fault + 1;
    throw new DataError({ source, row, column, expected, actual: `${labels[fault]}` });
  }
  const classes = oneHot(labels, condition).data, wide = inputs + condition;
  const cells = new Float64Array(rows * wide);
  for (let r = 0; r < rows; r++) {
    cells.set(data.subarray(r * width, r * width + inputs), r * wide);
    cells.set(classes.subarray(r * condition, (r + 1) * condition), r * wide + inputs);
  }
  const names = [
    ...columns.slice(0, inputs),
    ...Array.from({ length: condition }, (_, y) => `c${y}`),
  ];
  return { ...table, columns: names, data: cells };
}

function byPosition(table: Table, columns: readonly string[]): Table {
  const { source, columns: found } = table, places = placesOf(columns, found, source);
  const isAsIs = places.length === found.length && places.every((place, c) => place === c);
  if (isAsIs) return { ...table, columns };
  return selectColumns(table, places.map((place) => found[place]));
}
