/**
 * The cost of impossible cells, which the kind of their column rules out (`scoring/table/impossible.ts`), and warnings
 * about those in the training rows. If k of n cells of a column are impossible:
 *
 *   cost = ½ (1 - p)² / max(p (1 - p), σ²),  p = (k + 1) / (n + 2)  (Laplace's rule of succession)
 *
 * in nats: the Gaussian cost of a 1 in a column of zeros and ones with the share p of ones, where σ² is the smallest
 * variance allowed for a column. An impossible value never seen before costs n/2 nats, up to 1,250; one seen in every
 * third row costs 1.
 *
 * One network also charges a level of a category that is unknown, if no training row held one: its own cost for that is
 * what the softmax happens to give a class without examples. If some rows did, the network knows how rare that is. An
 * ensemble has an indicator for it, which is enough.
 */
import { isImpossible } from "../scoring/table/impossible.ts";
import type { Cells } from "../scoring/table/cells.ts";
import type { ColumnKind, ColumnSchema } from "../scoring/table/schema.ts";
import { MIN_VARIANCE } from "./defaults.ts";

/** What valid cells of each kind are, for warnings. */
const EXPECTED_CELLS: { readonly [Kind in ColumnKind]?: string } = {
  positive: "numbers above 0",
  count: "whole numbers from 0",
  binary: "of its levels",
  ordinal: "of its levels",
};

/** The share of impossible cells up to which one costs 4 nats or more. */
const FEW = 0.1;

/** The cost for each column; absent if no kind rules anything out. */
export function impossibleCosts(
  { data, rows }: Cells,
  schema: readonly ColumnSchema[],
  { ofCategories = false }: { readonly ofCategories?: boolean } = {},
): { readonly impossible?: Float64Array; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const impossible = Float64Array.from(schema, (column, c) => {
    const expected = EXPECTED_CELLS[column.kind], isCategory = column.kind === "categorical";
    if (!(expected || ofCategories && isCategory) || column.levels?.length === 0) return 0;
    let found = 0, observed = 0;
    for (let i = c; i < data.length; i += schema.length) {
      if (isImpossible(column, data[i])) found++;
      if (!Number.isNaN(data[i])) observed++;
    }
    if (found > 0 && isCategory) return 0;
    if (found > 0) {
      warnings.push(
        `column "${column.name}": ${found} of ${rows} cells are not ${expected}: ${
          found > FEW * observed
            ? "too many to score high, so it may be of another kind"
            : "they will score high"
        }`,
      );
    }
    const share = (found + 1) / (observed + 2);
    return (1 - share) ** 2 / Math.max(share * (1 - share), MIN_VARIANCE) / 2;
  });
  return { warnings, ...(impossible.some((cost) => cost > 0) && { impossible }) };
}
