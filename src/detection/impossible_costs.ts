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
 * ensemble has a point for it, far out, which is enough.
 *
 * Kinds are inferred from all rows, so no calibration row breaks them, but a new row may be the first that does.
 * Calibration rows are therefore judged as new rows are, by what all other rows show: `onlyImpossible` finds the cells
 * that would be impossible but for themselves. Each of them tells that others will follow (Good and Turing: a new row
 * is the first of its sort as often as a row is the only one of its sort). If there are many, inferred kinds rule
 * nothing out.
 */
import { isImpossible } from "../scoring/table/impossible.ts";
import { type Cells, takeColumn } from "../scoring/table/cells.ts";
import type { ColumnKind, ColumnSchema } from "../scoring/table/schema.ts";
import { named } from "./columns/column_warnings.ts";
import { MIN_VARIANCE } from "./defaults.ts";
import { onlyImpossible } from "./only_impossible.ts";
import { filterValues, observedValues } from "./rows/take_cells.ts";

/** What valid cells of each kind are, for warnings. */
const EXPECTED_CELLS: { readonly [Kind in ColumnKind]?: string } = {
  positive: "numbers above 0",
  count: "whole numbers from 0",
  binary: "of its levels",
  ordinal: "of its levels",
};

/** The share of impossible cells up to which one costs 4 nats or more. */
const FEW = 0.1;

/** The share of rows that may be the only ones to break the kind of a column, for inferred kinds to rule cells out. */
const MAX_ONLY_SHARE = 0.002;

/** Which columns have costs. */
export interface ImpossibleOptions {
  /** Whether unknown levels of categories do. */
  readonly ofCategories?: boolean;
  /** Whether the kind of a column was declared, not inferred. By default all were. */
  readonly isDeclared?: (name: string) => boolean;
}

/** The costs of a table. */
export interface TableCosts {
  /** The cost for each column; absent if no kind rules anything out. */
  readonly impossible?: Float64Array;
  readonly warnings: readonly string[];
  /** What each calibration row costs in addition, because all other rows would rule it out. */
  heldOutCosts(calibration: Cells): Float64Array;
}

/** The cost for each column, and for calibration rows. */
export function impossibleCosts(
  cells: Cells,
  schema: readonly ColumnSchema[],
  { ofCategories = false, isDeclared = () => true }: ImpossibleOptions = {},
): TableCosts {
  const columns = schema.map((column, c): ColumnCosts => {
    const values = takeColumn(cells, schema.length, c);
    const observed = observedValues(values).length;
    const costs = costsOf(column, { values, observed, ofCategories });
    if (isDeclared(column.name)) return costs;
    const only = onlyImpossible(column, values, ofCategories);
    return { ...costs, isInferred: true, only, first: costIf(0, observed) };
  });
  const onlyCells = columns.filter(({ only }) => only !== undefined).length;
  const most = Math.max(1, MAX_ONLY_SHARE * cells.rows), isRuledOut = onlyCells <= most;
  const impossible = Float64Array.from(
    columns,
    ({ cost, isInferred }) => isInferred && !isRuledOut ? 0 : cost,
  );
  const warnings = columns.flatMap(({ warning = [] }) => warning);
  return {
    warnings: isRuledOut ? warnings : [...warnings, onlyWarning(schema, columns)],
    ...(impossible.some((cost) => cost > 0) && { impossible }),
    heldOutCosts: ({ data, rows }) =>
      Float64Array.from({ length: rows }, (_, r) => {
        const row = data.subarray(r * schema.length, (r + 1) * schema.length);
        const own = columns.filter(({ only }, c) => row[c] === only);
        let sum = 0;
        if (onlyCells - own.length <= most) { for (const { first } of own) sum += first!; }
        columns.forEach(({ extra }, c) => {
          if (extra && isImpossible(schema[c], row[c])) sum += extra;
        });
        return sum;
      }),
  };
}

interface ColumnCosts {
  /** Of an impossible cell. */
  readonly cost: number;
  /** More of it if one cell fewer is impossible. */
  readonly extra?: number;
  readonly warning?: string;
  readonly isInferred?: true;
  /** The value of the cell that all others rule out. */
  readonly only?: number;
  /** Of the first impossible cell. */
  readonly first?: number;
}

interface ColumnCells {
  readonly values: Float64Array;
  readonly observed: number;
  readonly ofCategories: boolean;
}

function costsOf(column: ColumnSchema, cells: ColumnCells): ColumnCosts {
  const { values, observed, ofCategories } = cells;
  const expected = EXPECTED_CELLS[column.kind], isCategory = column.kind === "categorical";
  if (!(expected || ofCategories && isCategory) || column.levels?.length === 0) return { cost: 0 };
  const found = filterValues(values, (value) => isImpossible(column, value)).length;
  if (isCategory) return { cost: found === 0 ? costIf(0, observed) : 0 };
  const cost = costIf(found, observed);
  if (found === 0) return { cost };
  const warning =
    `column "${column.name}": ${found} of ${values.length} cells are not ${expected}: ${
      found > FEW * observed
        ? "too many to score high, so it may be of another kind"
        : "they will score high"
    }`;
  return { cost, extra: costIf(found - 1, observed) - cost, warning };
}

/** Of an impossible cell, if `found` of the observed cells of its column are. */
function costIf(found: number, observed: number): number {
  const share = (found + 1) / (observed + 2);
  return (1 - share) ** 2 / Math.max(share * (1 - share), MIN_VARIANCE) / 2;
}

function onlyWarning(schema: readonly ColumnSchema[], columns: readonly ColumnCosts[]): string {
  const names = schema.filter((_, c) => columns[c].only !== undefined).map(({ name }) => name);
  return `${
    named(names)
  } each have one cell that the kind of all others rules out, so new rows may too: inferred kinds rule nothing out, only declared ones`;
}
