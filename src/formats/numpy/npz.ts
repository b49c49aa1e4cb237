/**
 * NPZ to Table: the rows are in member `X`, or else `x`, or else the only one; the label is in member `y`, if present.
 * Columns are x0, x1, ...
 * Source: numpy.savez (a ZIP archive of NPY files). Limits: the members read may inflate to 4 GiB together by
 * default; other members are not touched. Archives of any size: `npz_parts.ts`.
 */
import { DataError, listNames } from "../errors.ts";
import { DEFAULT_MAX_INFLATED_BYTES } from "./array_parts.ts";
import { decodeNpy, type NpyArray, tableOf } from "./npy.ts";
import { labelsOf, type Table, type TableOptions } from "../table.ts";
import { listMembers, readMember } from "./zip.ts";

type Members = ReadonlyMap<string, unknown>;

/** Reads an NPZ file. A label name may be a member (default "y") or one of the columns x0, x1, ... */
export function readNpz(bytes: Uint8Array, options: TableOptions = {}): Table {
  const { source = "-", label: name = "y" } = options, members = listMembers(bytes, source);
  let budget = options.maxInflatedBytes ?? DEFAULT_MAX_INFLATED_BYTES;
  const read = (member: string): NpyArray => {
    const contents = readMember(bytes, members.get(`${member}.npy`)!, budget, source);
    budget -= contents.length;
    return decodeNpy(contents, `${source} (${member})`, options.maxCells);
  };
  const rows = read(rowsMember(members, source));
  if (!labelMember(members, name)) return tableOf(rows, options, source);
  const { data, shape } = read(name), { label: _label, ...others } = options;
  requireLabels(shape, rows.shape[0], name, source);
  return tableOf(
    rows,
    others,
    source,
    labelsOf(data, { source, column: name }, 0, options.parseLabel),
  );
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

/** The name of the member that holds the rows. */
export function rowsMember(members: Members, source: string): string {
  const names = [...members.keys()].map((name) => name.replace(/\.npy$/, ""));
  const only = names.length === 1 && members.has(`${names[0]}.npy`) ? names[0] : undefined;
  const found = ["X", "x", only].find((name) => members.has(`${name}.npy`));
  if (found !== undefined) return found;
  const actual = names.length === 0 ? "an empty archive" : `members ${listNames(names)}`;
  throw new DataError({ source, expected: "an archive with a member named X", actual });
}

/** Whether the label of this name is a member of its own. */
export function labelMember(members: Members, name: string): boolean {
  return !/^x$/i.test(name) && members.has(`${name}.npy`);
}

/** @throws DataError unless labels of this shape, [rows] or [rows, 1], are one for each row */
export function requireLabels(
  shape: readonly number[],
  rows: number,
  name: string,
  source: string,
): void {
  const [count, width = 1] = shape;
  if (count === rows && width === 1) return;
  const actual = `shape (${shape.join(", ")})`;
  throw new DataError({ source, expected: `${rows} labels in member ${name}`, actual });
}
