/**
 * Impossible cells, which the kind of their column rules out: a negative or fractional count, a number in a positive
 * column that is not positive, an unknown value in a binary or ordinal column. The model scores them as numbers; in
 * addition, each costs as much as a 1 in a separate column that only marks impossible cells
 * (`detection/columns/impossible_costs.ts`), so that it stands out like an unknown level of a category.
 */
import type { ColumnSchema } from "./schema.ts";

/** What is needed to find impossible cells. */
export interface ImpossibleCosts {
  readonly schema: readonly ColumnSchema[];
  /** Cost of an impossible cell per column, nats; 0 if the column has no impossible values. */
  readonly impossible?: Float64Array;
}

/** Whether a value is impossible. Not used for categories, which have a code for unknown levels. */
export function isImpossible({ kind, levels }: ColumnSchema, value: number): boolean {
  return kind === "positive"
    ? value <= 0
    : kind === "count"
    ? value < 0 || value % 1 > 0
    : value === levels?.length;
}

/** Adds the costs of the impossible cells of the row at `at` to `raw`. @returns their sum */
export function addImpossibleCosts(
  cells: ArrayLike<number>,
  { schema, impossible }: ImpossibleCosts,
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
