/**
 * The bytes of a file as the table that a model wants: its columns, in its order, their cells by its schema.
 *
 * Columns with names (CSV, JSON lines with keys) are found by name, in any order; what the model does
 * not know is left out. Columns without (NPY, NPZ) are taken in their order, and their number must be the model's.
 * Where every cell may be missing, an object may lack keys, though not all of them.
 */
import {
  DataError,
  isNamedByRow,
  readAnyColumnNames,
  readAnyTable,
  type ReadTableOptions,
  selectColumns,
  type Table,
} from "../formats/mod.ts";
import { fileName, listNames } from "../formats/errors.ts";
import { lineOf } from "../formats/table.ts";
import { oneHot } from "../trained/rows/labels.ts";
import { encodeTable } from "../scoring/table/raw_table.ts";
import { requireCells } from "../scoring/require_cells.ts";
import { codecOf } from "../scoring/table/schema.ts";
import type { Units } from "../scoring/units.ts";

/** A model, as far as its tables go. */
export interface TableReader {
  readonly units: Units;
}

/**
 * @param label a column that is kept apart
 * @param onNames told of the names of the file's columns, if they have any
 * @throws DataError naming the file, and row and column where they are at fault
 */
export async function readModelTable(
  { units }: TableReader,
  source: string,
  bytes: Uint8Array,
  { label, onNames, ...limits }: TableLimits & {
    readonly label?: string;
    readonly onNames?: (names: readonly string[]) => void;
  } = {},
): Promise<Table> {
  const names = units.names && await readAnyColumnNames(source, bytes);
  const read = { label, ...limits };
  const table = !names
    ? await readPositions(units, source, bytes, read)
    : mayLackKeys(units) && isNamedByRow(source, bytes)
    ? await readNamed(units, source, bytes, { ...read, mayLack: true, onNames })
    : await readFound(units, source, bytes, { ...read, names, onNames });
  requireCells(units, table);
  return table;
}

/** Whether each row of JSON lines may lack the keys of any columns: their cells are missing. */
function mayLackKeys({ columns, missing }: Units): boolean {
  return missing === columns.length;
}

/** How large a file may be once it is read. */
type TableLimits = Pick<ReadTableOptions, "maxCells" | "maxInflatedBytes">;

type NamedOptions = TableLimits & Pick<ReadTableOptions, "label" | "mayLack" | "onNames">;

/** By the names that stand before all rows. */
async function readFound(
  units: Units,
  source: string,
  bytes: Uint8Array,
  { names, onNames, ...options }: NamedOptions & { readonly names: readonly string[] },
): Promise<Table> {
  requireColumns(units, names, source);
  onNames?.(names);
  const known = units.names!.filter((name) => names.includes(name));
  return await readNamed({ ...units, names: known }, source, bytes, options);
}

async function readNamed(
  units: Units,
  source: string,
  bytes: Uint8Array,
  options: NamedOptions,
): Promise<Table> {
  const { schema, names: columns } = units;
  const codecs = new Map(schema?.map((column) => [column.name, codecOf(column)]));
  const cells = schema ? (name: string) => codecs.get(name)! : "numbers";
  return withClass(units, await readAnyTable(source, bytes, { ...options, columns, cells }));
}

async function readPositions(
  units: Units,
  source: string,
  bytes: Uint8Array,
  options: TableLimits & { readonly label?: string },
): Promise<Table> {
  const { columns, schema } = units, cells = schema ? "any" : "numbers";
  const whole = await readAnyTable(source, bytes, { ...options, cells });
  const table = byPosition(withClass(units, whole), columns);
  if (!schema) return table;
  const { data } = await namingTable(table, async () => encodeTable(table, schema));
  return { ...table, data, texts: undefined };
}

/** @throws DataError if a column of the model's is not among those of a file; a class may be left out */
export function requireColumns(units: Units, names: readonly string[], source: string): void {
  const missing = lackingColumns(units, names);
  if (missing.length === 0) return;
  const expected = `the model's column${missing.length > 1 ? "s" : ""} ${listNames(missing)}`;
  throw new DataError({ source, expected, actual: listNames(names) });
}

/** The columns of the model's that are not among those of a file; a class need not be. */
export function lackingColumns(
  { columns, names: known = columns, made, optional }: Units,
  names: readonly string[],
): readonly string[] {
  return (optional ? made : known).filter((name) => !names.includes(name));
}

/** Runs what takes a table's cells; complaints about a row then name the file too. */
export async function namingTable<Value>(
  { source, lines, drawn }: Pick<Table, "source" | "lines" | "drawn">,
  take: () => Promise<Value>,
): Promise<Value> {
  try {
    return await take();
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    const file = fileName(source);
    const numbered = (_: string, place: string) => {
      const row = drawn?.numbers[Number(place) - 1] ?? Number(place), line = lineOf(lines, row);
      return line === undefined ? `row ${row}` : `row ${row} (line ${line})`;
    };
    const [, place, few] = /^Cannot (?:read ((?:row|column).*)|fit detector: (needs.*))$/s
      .exec(error.message) ?? [];
    if (!(place ?? few)) throw error;
    const told = place
      ? `Cannot read ${file}, ${place.replace(/^row (\d+)/, numbered)}`
      : `Cannot fit detector to ${file}: ${few}`;
    const Same = error instanceof RangeError ? RangeError : TypeError;
    throw new Same(told, { cause: error });
  }
}

/** Of x alone, or x and its class, -1 where it is missing, the rows that a model with a classifier reads. */
function withClass({ made, optional: condition = 0 }: Units, table: Table): Table {
  const inputs = made.length;
  const { columns, rows, data, source } = table, width = columns.length;
  const hasClass = width === inputs + 1;
  if (condition === 0 || !(hasClass || width === inputs)) return table;
  const labels = Array.from({ length: rows }, (_, r) => hasClass ? data[r * width + inputs] : -1);
  const fault = labels.findIndex((y) => !Number.isInteger(y) || y < -1 || y >= condition);
  if (fault >= 0) {
    const expected = `a class, 0 to ${condition - 1}, or -1 if unknown`;
    const column = columns[inputs];
    throw new DataError({ source, row: fault + 1, column, expected, actual: `${labels[fault]}` });
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

/**
 * Where a model's columns are among those of a file that does not name its own.
 * @param found what they are called here: x0, x1, …
 * @throws DataError for another number of columns than the model's
 */
export function placesOf(
  columns: readonly string[],
  found: readonly string[],
  source: string,
): readonly number[] {
  // Trained on some columns of such a file: those numbers, x0, x3, are the names.
  const chosen = columns.every((name) => /^x\d+$/.test(name)) &&
    columns.some((name, c) => name !== `x${c}`);
  if (chosen && columns.every((name) => found.includes(name))) {
    return columns.map((name) => found.indexOf(name));
  }
  if (found.length === columns.length) return columns.map((_, c) => c);
  const expected = `${columns.length} columns, as in the model`;
  throw new DataError({ source, expected, actual: `${found.length}` });
}
