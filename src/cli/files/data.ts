/**
 * DATA of a command as a table, and its columns as a model takes them.
 *
 * Named columns (CSV, JSON lines with keys) are matched by name, in any order; columns unknown to the model, such as a
 * label or an identifier, are left out with a note. Unnamed columns (NPY, NPZ) are taken in order, and their number
 * must be the model's.
 */
import { lackingColumns, readModelTable } from "../../detection/model_table.ts";
import { readAnyTable, type ReadTableOptions, type Table } from "../../formats/mod.ts";
import { listNames } from "../../formats/errors.ts";
import { readWhole } from "./files.ts";
import { isGzip } from "./gzip.ts";
import { asTableText } from "../../formats/text/table_text.ts";
import { guessOf, inputAsUtf8, piecesOf } from "./input.ts";
import type { Io } from "../io.ts";
import type { LoadedModel, LoadedRbm } from "../models/model.ts";

export { namingTable } from "../../detection/model_table.ts";

/** Reads DATA, "-" from standard input. */
export async function readData(
  path: string,
  io: Io,
  options: ReadTableOptions = {},
): Promise<Table> {
  return readAnyTable(path, await readBytes(path, io), options);
}

/** How a model takes its rows. */
type TableUnits = Pick<LoadedModel | LoadedRbm, "units">;

/** Reads DATA for a model: exactly the model's columns, in the model's order, and a label if present. */
export async function readDataFor(
  model: TableUnits,
  path: string,
  io: Io,
  label?: string,
): Promise<Table> {
  return await readModelTable(model, path, await readBytes(path, io), {
    label,
    onNames: (names) => sayNames(model, names, io, label),
  });
}

/** Reports columns of a file that the model does not know, and columns of the model that the file lacks. */
export function sayNames(
  { units }: TableUnits,
  names: readonly string[],
  io: Io,
  label?: string,
): void {
  const known = units.names ?? units.columns;
  sayLeftOut(names.filter((name) => name !== label && !known.includes(name)), io);
  sayLacking(lackingColumns(units, names), io);
}

/** Reports columns that the model does not know, if any. */
export function sayLeftOut(unknown: readonly string[], io: Io): void {
  if (unknown.length === 0) return;
  io.stderr(`elbow: columns not in the model are ignored: ${listNames(unknown)}\n`);
}

/** Reports columns of the model that no row has, if any. */
export function sayLacking(lacking: readonly string[], io: Io): void {
  if (lacking.length === 0) return;
  io.stderr(`elbow: columns missing from every row: ${listNames(lacking)}\n`);
}

async function readBytes(path: string, io: Io): Promise<Uint8Array> {
  if (path !== "-" && !isGzip(path)) {
    return asTableText(await readWhole(path), path, guessOf(path, io));
  }
  const text = path === "-"
    ? inputAsUtf8(ReadableStream.from([await io.stdin()]), io)
    : piecesOf(path, io);
  const pieces = await Array.fromAsync(text, (piece) => new Uint8Array(piece));
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
