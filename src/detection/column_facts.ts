/**
 * Facts about the columns of a table that a user should know before training: columns without information, duplicate
 * columns, missing cells and so on.
 */
import { type ColumnSchema, hasLevels } from "../scoring/table/schema.ts";
import { type ColumnStrengths, rowOrder } from "./row_order.ts";
import { findUnseenTimes, type UnseenTimes, unseenTimesWarning } from "./unseen_times.ts";
import type { Cells } from "../scoring/table/cells.ts";

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
  /** Columns whose neighbouring cells are correlated, and how strongly: `row_order.ts`. */
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
  const order = rowOrder(schema, { data, rows });
  return {
    constant,
    empty,
    identifiers,
    duplicates,
    ...order,
    imprecise,
    mostlyRare,
    unseenTimes,
    missing,
  };
}

/**
 * One sentence per kind of fact, without a full stop.
 * @param isDrawn whether the facts are based on a sample of the rows
 */
export function columnWarnings(facts: ColumnFacts, isDrawn = false): string[] {
  const inSample = isDrawn ? " in the rows used" : "";
  const { constant, empty, identifiers, duplicates, trending, imprecise, mostlyRare, unseenTimes } =
    facts;
  const warnings: string[] = [];
  const addWarning = (names: readonly string[], what: (plural: boolean) => string) => {
    if (names.length > 0) warnings.push(`${named(names)} ${what(names.length > 1)}`);
  };
  addWarning(
    constant,
    (many) =>
      `${many ? "never change" : "never changes"}${inSample}: any other value will score high`,
  );
  addWarning(empty, (many) => `${many ? "have" : "has"} no values${inSample}`);
  addWarning(
    identifiers,
    (many) =>
      `${
        many ? "have" : "has"
      } a different text in every row${inSample}: nothing can be learnt from that`,
  );
  addWarning(
    trending,
    (many) =>
      `${
        many ? "rise or fall" : "rises or falls"
      } from row to row, like a clock or a row number: later rows will score high unless ${
        many ? "they are" : "it is"
      } left out, or declared a timestamp`,
  );
  addWarning(
    imprecise,
    (many) =>
      `${
        many ? "hold" : "holds"
      } whole numbers above ${Number.MAX_SAFE_INTEGER}, several of which round to the same ` +
      `number: identifiers count as sizes unless ${many ? "they are" : "it is"} left out`,
  );
  for (const [name, share] of mostlyRare.slice(0, MAX_LISTED)) {
    const percent = `${Math.round(100 * share)} %`;
    warnings.push(
      `column "${name}": ${percent} of the cells hold rare values, which count as one`,
    );
  }
  for (const [name, times] of unseenTimes.slice(0, MAX_LISTED)) {
    warnings.push(`column "${name}" ${unseenTimesWarning(times)}`);
  }
  return [...warnings, ...duplicateWarnings(duplicates, inSample)];
}

function duplicateWarnings(duplicates: ColumnFacts["duplicates"], inSample: string): string[] {
  const listed = duplicates.slice(0, MAX_LISTED).map(([name, earlier]) =>
    `column "${name}" equals "${earlier}" in every row${inSample && " used"}`
  );
  const more = duplicates.length - MAX_LISTED;
  return more > 0
    ? [...listed, `${more} more columns equal others in every row${inSample && " used"}`]
    : listed;
}

/** The warning that neighbouring rows depend on each other. */
export function autocorrelationWarnings(autocorrelated: ColumnStrengths): string[] {
  if (autocorrelated.length === 0) return [];
  const [, strongest] = autocorrelated.toSorted(([, a], [, b]) => b - a)[0];
  return [
    `neighbouring rows are similar in ${
      named(autocorrelated.map(([name]) => name))
    } (rank correlation up to ${
      strongest.toFixed(2)
    }), as in readings over time or a sorted table: new rows may be flagged far more often than the ` +
    "false-alarm rate says: train on a series (window), or recalibrate on later rows",
  ];
}

/** Of fewer steps the order may not show by chance. */
const MIN_STEPS = 200;

/** That the steps of a series could be in any order. */
export function orderWarnings({ ordered }: ColumnFacts, rows: number): string[] {
  if (rows < MIN_STEPS || ordered) return [];
  return [
    "the rows could be in any order, as far as neighbours tell: windows are for rows in the order of time",
  ];
}

/** The warning that a series drifts away from its first values. */
export function shiftWarnings(found: ColumnStrengths): string[] {
  if (found.length === 0) return [];
  const many = found.length > 1;
  return [
    `${named(found.map(([name]) => name))} ${
      many ? "have" : "has"
    } other values in the last third of the ` +
    "series than in the first: later steps may be flagged far more often than the false-alarm rate says",
  ];
}

const MAX_LISTED = 5;

function named(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).map((name) => `"${name}"`).join(", ");
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : "";
  return `column${names.length > 1 ? "s" : ""} ${shown}${more}`;
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
    if (value === levels?.length) unknown++;
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
