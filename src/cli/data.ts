/**
 * DATA of a command as a table, and its columns as a model wants them.
 *
 * Columns with names (CSV, JSON lines with keys) are found by name, in any order; what the model does
 * not know, such as a label or an identifier, is left out with a note. Columns without (NPY, NPZ)
 * are taken in their order, and their number must be the model's.
 */
import {
  DataError,
  readAnyColumnNames,
  readAnyTable,
  type ReadTableOptions,
  selectColumns,
  type Table,
} from "../formats/mod.ts";
import { listNames } from "../formats/errors.ts";
import { oneHot } from "../scoring/labels.ts";
import { encodeTable } from "../scoring/raw_table.ts";
import { codecOf } from "../scoring/schema.ts";
import type { Cells } from "../scoring/standardize.ts";
import type { Units } from "../scoring/units.ts";
import { readWhole } from "./files.ts";
import type { Io } from "./io.ts";
import type { LoadedModel, LoadedRbm } from "./model.ts";

/** Reads DATA, "-" from standard input. */
export async function readData(
  path: string,
  io: Io,
  options: ReadTableOptions = {},
): Promise<Table> {
  return readAnyTable(path, await readBytes(path, io), options);
}

/** What a model says of its rows, and whether it knows the names of their columns. */
type TableUnits = Pick<LoadedModel | LoadedRbm, "units" | "scorer">;

/** Reads DATA for a model: exactly the model's columns, in the model's order, and a label if there. */
export async function readDataFor(
  model: TableUnits,
  path: string,
  io: Io,
  label?: string,
): Promise<Table> {
  const table = await readColumns(model, path, io, label);
  requireCells(model.units, table);
  return table;
}

/**
 * Refuses numbers that a model cannot take.
 * @param firstRow rows before them
 * @throws DataError naming row and column
 */
export function requireCells(
  { columns, largest, fault: faultIn }: Units,
  { data, rows, source }: Cells & { readonly source: string },
  firstRow = 0,
): void {
  const cell = firstAbove(data, largest);
  const fault = cell < 0 ? faultIn({ data, rows }) : {
    row: Math.floor(cell / columns.length),
    column: cell % columns.length,
    needs: `at most ${largest.toPrecision(2)} in magnitude`,
    value: data[cell],
  };
  if (!fault) return;
  const { row, needs: expected, value } = fault;
  const column = columns[fault.column];
  throw new DataError({ source, row: firstRow + row + 1, column, expected, actual: `${value}` });
}

/** A loop, not `findIndex`: a million rows have many cells. */
function firstAbove(data: ArrayLike<number>, largest: number): number {
  for (let i = 0; i < data.length; i++) if (Math.abs(data[i]) > largest) return i;
  return -1;
}

/**
 * The model's columns, which must be among those of a file; others are named.
 * @throws DataError if one is not there
 */
export function sayLeftOut(
  { units: { columns } }: Pick<TableUnits, "units">,
  names: readonly string[],
  source: string,
  io: Io,
  label?: string,
): readonly string[] {
  const missing = columns.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    const expected = `the model's, ${listNames(missing)} among them`;
    throw new DataError({ source, subject: "columns", expected, actual: listNames(names) });
  }
  const unknown = names.filter((name) => name !== label && !columns.includes(name));
  if (unknown.length > 0) {
    io.stderr(`elbow: columns that the model does not know are left out: ${listNames(unknown)}\n`);
  }
  return columns;
}

async function readColumns(
  model: TableUnits,
  path: string,
  io: Io,
  label?: string,
): Promise<Table> {
  const { units: { columns, schema }, scorer } = model;
  const bytes = await readBytes(path, io);
  const names = scorer && await readAnyColumnNames(path, bytes);
  if (names === undefined) {
    const cells = schema ? "any" : "numbers";
    const whole = await readAnyTable(path, bytes, { label, cells });
    const table = byPosition(withClass(model.units, whole), columns);
    if (!schema) return table;
    const { data } = await namingTable(path, async () => encodeTable(table, schema));
    return { ...table, data, texts: undefined };
  }
  sayLeftOut(model, names, path, io, label);
  const codecs = new Map(schema?.map((column) => [column.name, codecOf(column)]));
  return readAnyTable(path, bytes, { columns, label, cells: (name) => codecs.get(name)! });
}

/** Runs what takes a table's cells; complaints about a row then name the file too. */
export async function namingTable<Value>(
  source: string,
  take: () => Promise<Value>,
): Promise<Value> {
  try {
    return await take();
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    const fault = /^Cannot (?:read (row.*)|fit detector: (needs.*))$/s.exec(error.message);
    if (!fault) throw error;
    const said = fault[1] ?? `the table ${fault[2]}`;
    const name = source === "-" ? "standard input" : source;
    const Same = error instanceof RangeError ? RangeError : TypeError;
    throw new Same(`Cannot use ${name}: ${said}`, { cause: error });
  }
}

async function readBytes(path: string, io: Io): Promise<Uint8Array> {
  return path === "-" ? await io.stdin() : await readWhole(path);
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
    const expected = `a class, 0 to ${condition - 1}, or -1 where it is missing`;
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
  const { source, columns: found } = table;
  // Trained on some columns of such a file: those numbers, x0, x3, are the names.
  const chosen = columns.every((name) => /^x\d+$/.test(name)) &&
    columns.some((name, c) => name !== `x${c}`);
  if (chosen && columns.every((name) => found.includes(name))) return selectColumns(table, columns);
  if (found.length === columns.length) return { ...table, columns };
  throw new DataError({
    source,
    subject: "width",
    expected: `${columns.length} columns, as the model's`,
    actual: `${found.length}`,
  });
}
