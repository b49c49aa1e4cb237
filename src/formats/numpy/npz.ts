/**
 * NPZ to Table: the rows are in member `X`, or else `x`, or else the only one; the label is in member `y`, if present.
 * Columns are x0, x1, ...
 * Source: numpy.savez (a ZIP archive of NPY files). Limits: the members read may inflate to 4 GiB together by
 * default; other members are not touched.
 */
import { LABEL_EXPECTED } from "../text/cells.ts";
import { DataError, listNames } from "../errors.ts";
import { decodeNpy, type NpyArray, tableOf } from "./npy.ts";
import type { Table, TableOptions } from "../table.ts";
import { listMembers, readMember } from "./zip.ts";

/** 4 GiB: more than any table for a training run, less than what brings a machine down. */
export const DEFAULT_MAX_INFLATED_BYTES: number = 2 ** 32;

/** Reads an NPZ file. A label name may be a member (default "y") or one of the columns x0, x1, ... */
export function readNpz(bytes: Uint8Array, options: TableOptions = {}): Table {
  const source = options.source ?? "-";
  const members = listMembers(bytes, source);
  let budget = options.maxInflatedBytes ?? DEFAULT_MAX_INFLATED_BYTES;
  const read = (name: string): NpyArray | undefined => {
    const member = members.get(`${name}.npy`);
    if (!member) return undefined;
    const contents = readMember(bytes, member, budget, source);
    budget -= contents.length;
    return decodeNpy(contents, `${source} (${name})`, options.maxCells);
  };
  const [only] = members.size === 1 ? members.keys() : [];
  const rows = read("X") ?? read("x") ?? (only && read(only.replace(/\.npy$/, "")));
  if (!rows) {
    const names = [...members.keys()].map((name) => name.replace(/\.npy$/, ""));
    const actual = names.length === 0 ? "an empty archive" : `members ${listNames(names)}`;
    throw new DataError({ source, expected: "an archive with a member named X", actual });
  }
  const labelName = options.label ?? "y";
  const labels = /^x$/i.test(labelName) ? undefined : read(labelName);
  const label = labels && labelOf(labels, rows.shape[0], labelName, source);
  const { label: _label, ...others } = options;
  return tableOf(rows, labels ? others : options, source, label);
}

/** The values of a member that is not the rows, such as classes; undefined if there is none. */
export function readNpzMember(
  bytes: Uint8Array,
  name: string,
  source: string,
): Float64Array | undefined {
  const member = listMembers(bytes, source).get(`${name}.npy`);
  if (!member) return undefined;
  return decodeNpy(readMember(bytes, member, DEFAULT_MAX_INFLATED_BYTES, source), source).data;
}

/** [rows] 0 or 1 from an array [rows] or [rows, 1]. */
function labelOf(array: NpyArray, rows: number, name: string, source: string): Float64Array {
  if (array.data.length !== rows || (array.shape[1] ?? 1) !== 1) {
    const actual = `shape (${array.shape.join(", ")})`;
    throw new DataError({ source, expected: `${rows} labels in member ${name}`, actual });
  }
  return array.data.map((value, index) => {
    if (Number.isFinite(value)) return value === 0 ? 0 : 1;
    const actual = `${value}`;
    throw new DataError({ source, row: index + 1, column: name, expected: LABEL_EXPECTED, actual });
  });
}
