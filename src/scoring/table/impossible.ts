/**
 * Cells that the kind of their column rules out: a count below 0 or in fractions, a positive number that is none, a
 * value of a binary or ordinal column that is none of its levels. The model takes them for the numbers that they are;
 * beyond what it says, each costs what it would in a column that says nothing else (`detection/impossible_costs.ts`), so
 * that it stands out as a category does that nobody has seen.
 */
import type { ColumnSchema } from "./schema.ts";

/** What a model knows of its columns. */
export interface Rules {
  readonly schema: readonly ColumnSchema[];
  /** What an impossible cell costs, nats; 0 in columns that have none. */
  readonly impossible?: Float64Array;
}

/** Not of a category: the place after its levels is one of its own. */
export function isImpossible({ kind, levels }: ColumnSchema, value: number): boolean {
  return kind === "positive"
    ? value <= 0
    : kind === "count"
    ? value < 0 || value % 1 > 0
    : value === levels?.length;
}

/** Adds what the impossible cells of the row that begins at `at` cost to `raw`; their sum. */
export function addImpossible(
  cells: ArrayLike<number>,
  { schema, impossible }: Rules,
  raw: Float64Array,
  at = 0,
): number {
  let sum = 0;
  impossible?.forEach((cost, c) => {
    if (cost === 0 || !isImpossible(schema[c], cells[at + c])) return;
    raw[at + c] += cost;
    sum += cost;
  });
  return sum;
}
