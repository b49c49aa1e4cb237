/**
 * DATA of a command as a table, and its columns as a model takes them.
 *
 * Named columns (CSV, JSON lines with keys) are matched by name, in any order; columns unknown to the model, such as a
 * label or an identifier, are left out with a note. Unnamed columns (NPY, NPZ) are taken in order, and their number
 * must be the model's.
 */
import { missingColumns } from "../../detection/model_columns.ts";
import { type AlsoColumn, modelParts } from "../../detection/model_table.ts";
import type { Table } from "../../formats/mod.ts";
import { listNames } from "../../formats/errors.ts";
import { sampleParts } from "../../formats/sample/read_sample.ts";
import type { RowSampleOptions } from "../../formats/sample/row_sample.ts";
import { openData } from "./input.ts";
import type { LabelValues } from "./labels.ts";
import { type Io, note } from "../io.ts";
import type { LoadedModel, LoadedRbm } from "../models/model.ts";
import type { HeaderOption } from "../options.ts";

export { namingTable } from "../../detection/model_table.ts";

/** How a model takes its rows. */
type TableUnits = Pick<LoadedModel | LoadedRbm, "units">;

/** How DATA is read. */
export interface DataOptions extends HeaderOption {
  /** The column of labels. */
  readonly label?: string;
  /** How its labels are read. */
  readonly labels?: LabelValues;
  /** As for `openData`. */
  readonly onBytes?: (count: number) => void;
  /** A column that is read on its own, and so is not ignored; by default the label. */
  readonly apart?: string;
  /** Columns that are not the model's, and are read after its own if the file has them. */
  readonly also?: readonly AlsoColumn[];
}

/** Reads DATA for a model: exactly the model's columns, in the model's order, and a label if present. */
export async function readDataFor(
  model: TableUnits,
  path: string,
  io: Io,
  options: DataOptions,
): Promise<Table> {
  return await sampleParts(partsFor(model, path, io, options), { maxRows: () => Infinity });
}

/** The same, but no more rows than asked for. */
export async function drawDataFor(
  model: TableUnits,
  path: string,
  io: Io,
  sample: RowSampleOptions,
  options: DataOptions,
): Promise<Table> {
  return await sampleParts(partsFor(model, path, io, options), sample);
}

/** For JSON: the rows of the file and those drawn, if these are fewer; missing steps of a series are neither. */
export function drawnRows(
  { rows, drawn, missing = 0 }: Table & { readonly missing?: number },
): { tableRows?: number; drawnRows?: number } {
  return drawn ? { tableRows: drawn.rows, drawnRows: rows - missing } : {};
}

/**
 * The same in parts, as they arrive, in memory that does not grow with the file. A part is valid until the next is
 * requested.
 */
export async function* partsFor(
  model: TableUnits,
  path: string,
  io: Io,
  { label, labels, also = [], apart = label, header, onBytes }: DataOptions,
): AsyncGenerator<Table> {
  const isAlso = (name: string) => also.some((each) => each.name === name);
  const options = {
    ...{ label, also },
    parseLabel: labels?.parse,
    onNames: (names: readonly string[]) =>
      warnAboutColumns(model, names.filter((name) => !isAlso(name)), io, apart),
  };
  yield* modelParts(model, path, await openData(path, io, { header, onBytes }), options);
}

/** Reports columns of a file that the model does not know, and columns of the model that the file lacks. */
export function warnAboutColumns(
  { units }: TableUnits,
  names: readonly string[],
  io: Io,
  label?: string,
): void {
  const known = units.names ?? units.columns;
  warnIgnoredColumns(names.filter((name) => name !== label && !known.includes(name)), io);
  warnMissingColumns(missingColumns(units, names), io);
}

/** Reports columns that the model does not know, if any. */
export function warnIgnoredColumns(unknown: readonly string[], io: Io): void {
  if (unknown.length === 0) return;
  note(io, `columns not in the model are ignored: ${listNames(unknown)}`);
}

/** Reports columns of the model that no row has, if any. */
export function warnMissingColumns(lacking: readonly string[], io: Io): void {
  if (lacking.length === 0) return;
  note(io, `columns missing from every row: ${listNames(lacking)}`);
}
