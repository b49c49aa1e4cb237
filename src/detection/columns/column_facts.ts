/**
 * Facts about the columns of a table that a user should know before training: columns without information, duplicate
 * columns, missing cells and so on. `warnings/column_warnings.ts` says them.
 */
import { type ColumnSchema, hasLevels } from "../../scoring/table/schema.ts";
import { type ColumnStrengths, orderFacts } from "./order_facts.ts";
import { findUnseenTimes, type UnseenTimes } from "./unseen_times.ts";
import type { Cells } from "../../scoring/table/cells.ts";

/** Facts about columns, one list of columns for each kind of fact. */
export interface ColumnFacts {
  /** Columns with the same value in every row. */
  readonly constant: readonly string[];
  /** Columns without any value. */
  readonly empty: readonly string[];
  /** Text columns in which no text occurs twice. */
  readonly identifiers: readonly string[];
  /** Columns that equal an earlier one in every cell. */
  readonly duplicates: readonly (readonly [name: string, earlier: string])[];
  /** Numbers that rise or fall from row to row, like a clock or a row number. */
  readonly trending: readonly string[];
  /** Columns whose neighbouring cells are correlated, and how strongly: `order_facts.ts`. */
  readonly autocorrelated: ColumnStrengths;
  /** Whether the order of the rows shows in any column. */
  readonly ordered: boolean;
  /** Columns of integers so large that different ones round to the same number, such as long keys. */
  readonly imprecise: readonly string[];
  /** Columns in which most cells are not among the levels, and the share of those cells. */
  readonly mostlyRare: readonly (readonly [name: string, share: number])[];
  /** Columns of times, and the hours and days that do not occur in them. */
  readonly unseenTimes: readonly (readonly [name: string, times: UnseenTimes])[];
  /** Columns with missing cells, and the share of those. */
  readonly missing: readonly (readonly [name: string, share: number])[];
}

export function columnFacts(schema: readonly ColumnSchema[], { data, rows }: Cells): ColumnFacts {
  const width = schema.length;
  const constant: string[] = [], empty: string[] = [], identifiers: string[] = [];
  const duplicates: [string, string][] = [], missing: [string, number][] = [];
  const mostlyRare: [string, number][] = [], imprecise: string[] = [];
  const unseenTimes: [string, UnseenTimes][] = [];
  const byHash = new Map<string, number[]>();
  schema.forEach(({ name, kind, levels }, c) => {
    const { hash, observed, unknown, unsafe, varies } = scanColumn(data, rows, width, c, levels);
    const times = kind === "timestamp" ? findUnseenTimes({ data, rows }, width, c) : undefined;
    if (times && times.hours + times.days > 0) unseenTimes.push([name, times]);
    if (observed < rows) missing.push([name, (rows - observed) / rows]);
    const isMostlyRare = levels !== undefined && levels.length > 0 && 2 * unknown > observed;
    if (isMostlyRare) mostlyRare.push([name, unknown / observed]);
    if (!hasLevels(kind) && unsafe === observed && unsafe > 0) imprecise.push(name);
    if (hasLevels(kind) && levels?.length === 0) identifiers.push(name);
    else if (observed === 0) empty.push(name);
    else if (!varies && rows > 1 && !isMostlyRare) constant.push(name);
    else {
      const key = `${hash}`, sameHash = byHash.get(key) ?? [];
      const earlier = sameHash.find((other) => isEqual(data, rows, width, c, other));
      if (earlier !== undefined) duplicates.push([name, schema[earlier].name]);
      byHash.set(key, [...sameHash, c]);
    }
  });
  return {
    ...{ constant, empty, identifiers, duplicates, imprecise, mostlyRare, unseenTimes, missing },
    ...orderFacts(schema, { data, rows }),
  };
}

/** The hash of a column, and numbers of its cells: observed, not among its levels, too large for an exact integer. */
function scanColumn(
  data: Float64Array,
  rows: number,
  width: number,
  c: number,
  levels?: readonly string[],
) {
  let hash = 0, observed = 0, unknown = 0, unsafe = 0, first = NaN, varies = false;
  for (let r = 0; r < rows; r++) {
    const value = data[r * width + c];
    hash = mixed(hash, value, r);
    if (Number.isNaN(value)) continue;
    if (observed++ === 0) first = value;
    else varies ||= value !== first;
    if (levels && value >= levels.length) unknown++;
    // Identifiers are not negative.
    if (value > Number.MAX_SAFE_INTEGER) unsafe++;
  }
  return { hash, observed, unknown, unsafe, varies };
}

const bits = new DataView(new ArrayBuffer(8));

/** Adds a cell to the hash of a column; equal columns have equal hashes. */
function mixed(hash: number, value: number, row: number): number {
  bits.setFloat64(0, Number.isNaN(value) ? 0.5 + row : value);
  return Math.imul(hash ^ bits.getInt32(0), 0x9e3779b1) ^ Math.imul(bits.getInt32(4), 0x85ebca6b);
}

function isEqual(data: Float64Array, rows: number, width: number, a: number, b: number): boolean {
  for (let at = 0; at < rows * width; at += width) {
    // NaN equals NaN here: the cell is missing in both columns.
    if (!Object.is(data[at + a], data[at + b]) && data[at + a] !== data[at + b]) return false;
  }
  return true;
}
