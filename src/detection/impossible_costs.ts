/**
 * What cells cost that their column's kind rules out (`scoring/table/impossible.ts`), and what is said of those that
 * training rows have. Of n cells of a column k are impossible:
 *
 *   cost = ½ (1 - p)² / max(p (1 - p), σ²),  p = (k + 1) / (n + 2)  (Laplace's rule of succession)
 *
 * nats: what 1 costs in a column of zeros and ones whose mean and variance are those of its share p, σ² the least variance
 * that any column is explained with. So what was never seen costs n/2 up to 1,250 nats, and what every third row has 1.
 */
import { isImpossible } from "../scoring/table/impossible.ts";
import type { Cells } from "../scoring/table/cells.ts";
import type { ColumnKind, ColumnSchema } from "../scoring/table/schema.ts";
import { MIN_VARIANCE } from "./defaults.ts";

/** What impossible cells are not. */
const WORDS: { readonly [Kind in ColumnKind]?: string } = {
  positive: "numbers above 0",
  count: "whole numbers from 0",
  binary: "of its levels",
  ordinal: "of its levels",
};

/** Of every column; absent where no kind rules anything out. */
export function impossibleCosts(
  { data, rows }: Cells,
  schema: readonly ColumnSchema[],
): { readonly impossible?: Float64Array; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const impossible = Float64Array.from(schema, (column, c) => {
    const expected = WORDS[column.kind];
    if (expected === undefined || column.levels?.length === 0) return 0;
    let found = 0, there = 0;
    for (let i = c; i < data.length; i += schema.length) {
      if (isImpossible(column, data[i])) found++;
      if (!Number.isNaN(data[i])) there++;
    }
    if (found > 0) {
      warnings.push(
        `column "${column.name}": ${found} of ${rows} cells are not ${expected}: they stand out`,
      );
    }
    const share = (found + 1) / (there + 2);
    return (1 - share) ** 2 / Math.max(share * (1 - share), MIN_VARIANCE) / 2;
  });
  return { warnings, ...(impossible.some((cost) => cost > 0) && { impossible }) };
}
