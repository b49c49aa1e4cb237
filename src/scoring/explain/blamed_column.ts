/** A column to blame, in readable form: its value and its expected value, as in the table. */
import { type ColumnSchema, nearestLevel } from "../table/schema.ts";
import { type CellExpectation, NOTHING } from "./expectation.ts";

/** A column to blame. */
export interface BlamedColumn {
  /** Its name. */
  readonly column: string;
  /** Contribution to the score; above 0. */
  readonly nats: number;
  /** The value as in the table: a number, or the text of a level or time; null if missing or not a known level. */
  readonly value: number | string | null;
  /** True if the text is not a level, because few or no training rows had it. */
  readonly unseen?: true;
  /** The expected value given the row's other cells: the conditional median or the likeliest level; null for a time. */
  readonly expected: number | string | null;
  /**
   * The interval that contains an ordinary cell, given the other cells, at the requested level; only for ordered kinds.
   */
  readonly interval?: readonly [low: number | string, high: number | string];
  /** Probability of the expected level. */
  readonly probability?: number;
}

/** Converts a column to blame from numbers. */
export function blamedColumn(
  schema: ColumnSchema,
  nats: number,
  value: number,
  { expected, low, high, probability }: CellExpectation = NOTHING,
): BlamedColumn {
  const { name: column, kind } = schema, known = (code: number) => cellValue(schema, code, true);
  const cell = {
    column,
    nats,
    value: cellValue(schema, value),
    expected: known(expected),
    ...(value === schema.levels?.length && { unseen: true as const }),
  };
  if (Number.isFinite(probability)) return { ...cell, probability };
  if (!Number.isFinite(low)) return cell;
  if (kind === "binary") return { ...cell, probability: largerProbability(expected) };
  if (kind !== "count" && kind !== "ordinal") return { ...cell, interval: [low, high] };
  const [first, last] = wholeInterval(expected, low, high).map((each) => known(each)!);
  return { ...cell, interval: [first, last] };
}

/** Probability of the nearer of two levels, given the expected code. */
function largerProbability(code: number): number {
  const second = Math.min(1, Math.max(0, code));
  return Math.max(second, 1 - second);
}

/** The first and last integer in the interval, including the expected one. */
function wholeInterval(expected: number, low: number, high: number): [number, number] {
  const nearest = Math.round(expected);
  return [Math.min(nearest, Math.ceil(low)), Math.max(nearest, Math.floor(high))];
}

/**
 * @param isKnown whether only known levels are possible: a code beyond the last one is then the last level, not an
 *   unknown one
 */
function cellValue(
  { kind, levels, format }: ColumnSchema,
  value: number,
  isKnown = false,
): number | string | null {
  if (Number.isNaN(value)) return null;
  if (levels) {
    return nearestLevel(levels, isKnown ? Math.min(value, levels.length - 1) : value) ?? null;
  }
  if (kind === "timestamp") {
    const text = new Date(value * 1000).toISOString();
    return format === "time" ? text.slice(11, 19) : text;
  }
  // An expected count is rounded to a valid count; an actual value is shown unchanged.
  return isKnown && kind === "count" ? Math.max(0, Math.round(value)) : value;
}
