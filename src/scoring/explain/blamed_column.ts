/** A column to blame, for a person to read: what it holds and what was expected, as tables have them. */
import { type ColumnSchema, nearestLevel } from "../table/schema.ts";
import { type CellExpectation, NOTHING } from "./expectation.ts";

/** A column to blame. */
export interface BlamedColumn {
  /** Its name. */
  readonly column: string;
  /** What it adds to the score; above 0. */
  readonly nats: number;
  /** As tables have it: a number, the text of a level or a time; null if missing or of no known level. */
  readonly value: number | string | null;
  /** True of a text that is no level: no training row had it, or few. */
  readonly unseen?: true;
  /** What the row's other cells let expect, the conditional median or the likeliest level; null of a time. */
  readonly expected: number | string | null;
  /** Where an ordinary cell would lie beside these others, at the level asked for; of what has an order. */
  readonly interval?: readonly [low: number | string, high: number | string];
  /** Of the level expected. */
  readonly probability?: number;
}

/** One column to blame, from its numbers. */
export function blamedColumn(
  schema: ColumnSchema,
  nats: number,
  value: number,
  { expected, low, high, probability }: CellExpectation = NOTHING,
): BlamedColumn {
  const { name: column, kind } = schema, known = (code: number) => inTable(schema, code, true);
  const cell = {
    column,
    nats,
    value: inTable(schema, value),
    expected: known(expected),
    ...(value === schema.levels?.length && { unseen: true as const }),
  };
  if (Number.isFinite(probability)) return { ...cell, probability };
  if (!Number.isFinite(low)) return cell;
  if (kind === "binary") return { ...cell, probability: likelier(expected) };
  if (kind !== "count" && kind !== "ordinal") return { ...cell, interval: [low, high] };
  const [first, last] = whole(expected, low, high).map((each) => known(each)!);
  return { ...cell, interval: [first, last] };
}

/** Of the nearer of two levels, for the expected code. */
function likelier(code: number): number {
  const second = Math.min(1, Math.max(0, code));
  return Math.max(second, 1 - second);
}

/** The first and last whole number within; at least the one expected. */
function whole(expected: number, low: number, high: number): [number, number] {
  const nearest = Math.round(expected);
  return [Math.min(nearest, Math.ceil(low)), Math.max(nearest, Math.floor(high))];
}

/** @param isKnown what was made of known levels: beyond the last code is the last, not one that nobody has seen */
function inTable(
  { kind, levels }: ColumnSchema,
  value: number,
  isKnown = false,
): number | string | null {
  if (Number.isNaN(value)) return null;
  if (levels) {
    return nearestLevel(levels, isKnown ? Math.min(value, levels.length - 1) : value) ?? null;
  }
  if (kind === "timestamp") return new Date(value * 1000).toISOString();
  // What is expected of a count is one; what a row holds is shown as it is.
  return isKnown && kind === "count" ? Math.max(0, Math.round(value)) : value;
}
