/** Where the columns of a model are in a file: by their names or, if the file has none, by their positions. */
import { DataError, listNames } from "../formats/errors.ts";
import { parseNumber } from "../formats/text/cells.ts";
import type { Units } from "../scoring/units.ts";
import { namesOf } from "./table_spec.ts";

/** @throws DataError if the file lacks a column of the model; a class may be absent */
export function requireModelColumns(units: Units, names: readonly string[], source: string): void {
  const missing = missingColumns(units, names);
  if (missing.length === 0) return;
  const expected = `the model's column${missing.length > 1 ? "s" : ""} ${listNames(missing)}`;
  // Names such as x0 were given to columns without any, and a number is a cell rather than a name.
  const isRow = /^x\d+$/.test(missing[0]) || !Number.isNaN(parseNumber(names[0] ?? ""));
  const option = isRow ? "header" : undefined;
  throw new DataError({ source, expected, actual: listNames(names), option });
}

/** The model's columns that a file lacks; a class is not required. */
export function missingColumns(
  { columns, names: known = columns, generated, optional }: Units,
  names: readonly string[],
): readonly string[] {
  return (optional ? generated : known).filter((name) => !names.includes(name));
}

/**
 * A bare model whose columns were called x0, x1, … does not remember their names. A file with these names, and others,
 * even x9, is read by name all the same.
 */
export function withNames(units: Units, found: readonly string[]): Units {
  const hasOthers = namesOf(found).columns || found.length > units.columns.length;
  const isNamed = hasOthers && units.columns.every((name) => found.includes(name));
  return units.names || !isNamed ? units : { ...units, names: units.columns };
}

/**
 * Names for the columns of a file without a header line: the model's own, in order, unless it has such as x0, x3, …
 * @param found x0, x1, …, of all columns of the file
 * @param label the one of them that is not the model's
 * @throws DataError if the number of columns differs from the model's
 */
export function namesByPosition(
  { names: known, optional, generated }: Units,
  found: readonly string[],
  source: string,
  label?: string,
): readonly string[] {
  if (!known || known.every((name) => found.includes(name))) return found;
  const data = found.filter((name) => name !== label);
  if (data.length === known.length || (optional && data.length === generated.length)) {
    return found.map((name) => name === label ? name : known[data.indexOf(name)]);
  }
  throw widthFault(source, known.length, data.length);
}

/**
 * Finds a model's columns in a file without column names.
 * @param found the generated names: x0, x1, …
 * @throws DataError if the number of columns differs from the model's
 */
export function placesOf(
  columns: readonly string[],
  found: readonly string[],
  source: string,
): readonly number[] {
  // The model was trained on some columns of such a file, so its names x0, x3, … are positions.
  const chosen = columns.every((name) => /^x\d+$/.test(name)) &&
    columns.some((name, c) => name !== `x${c}`);
  if (chosen && columns.every((name) => found.includes(name))) {
    return columns.map((name) => found.indexOf(name));
  }
  if (found.length === columns.length) return columns.map((_, c) => c);
  throw widthFault(source, columns.length, found.length);
}

function widthFault(source: string, width: number, actual: number): DataError {
  const expected = `${width} columns, as in the model`;
  return new DataError({ source, expected, actual: `${actual}` });
}
