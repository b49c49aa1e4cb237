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
import { isImpossible } from "../../scoring/table/impossible.ts";
import { type Cells, takeColumn } from "../../scoring/table/cells.ts";
import type { ColumnKind, ColumnSchema } from "../../scoring/table/schema.ts";
import { listColumns } from "./list_columns.ts";
import { MIN_VARIANCE } from "../defaults.ts";
import { onlyImpossible } from "./only_impossible.ts";
import { filterValues, observedValues } from "../../scoring/table/take_cells.ts";

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
interface ImpossibleOptions {
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
  const width = schema.length;
  const columns = schema.map((column, c) =>
    columnCosts(column, takeColumn(cells, width, c), ofCategories, !isDeclared(column.name))
  );
  const onlyCells = columns.filter(({ only }) => only !== undefined).length;
  const maxOnlyCells = Math.max(1, MAX_ONLY_SHARE * cells.rows);
  const isBelieved = onlyCells <= maxOnlyCells;
  const impossible = Float64Array.from(
    columns,
    ({ cost, isInferred }) => isBelieved || !isInferred ? cost : 0,
  );
  const warnings = columns.flatMap(({ warning = [] }) => warning);
  const heldOutCost = (row: Float64Array) => {
    const ownCells = columns.filter(({ only }, c) => only === row[c]);
    // Inferred kinds are believed as they would be without this row.
    const ruledOut = onlyCells - ownCells.length <= maxOnlyCells ? ownCells : [];
    const impossible = columns.filter(({ column }, c) => isImpossible(column, row[c]));
    const costs = [
      ...ruledOut.map(({ firstCost }) => firstCost),
      ...impossible.map(({ rise }) => rise),
    ];
    return costs.reduce((sum, cost) => sum + cost, 0);
  };
  return {
    warnings: isBelieved ? warnings : [...warnings, onlyWarning(columns)],
    ...(impossible.some((cost) => cost > 0) && { impossible }),
    heldOutCosts: ({ data, rows }) =>
      Float64Array.from(
        { length: rows },
        (_, r) => heldOutCost(data.subarray(r * width, (r + 1) * width)),
      ),
  };
}

/** The costs of a column. */
interface ColumnCosts {
  readonly column: ColumnSchema;
  readonly isInferred: boolean;
  /** Of an impossible cell. */
  readonly cost: number;
  /** By how much more the cost would be if one cell fewer were impossible. */
  readonly rise: number;
  /** Of an impossible cell, if there were no other. */
  readonly firstCost: number;
  /** The value of the cell that all others rule out, if there is one. */
  readonly only?: number;
  readonly warning?: string;
}

function columnCosts(
  column: ColumnSchema,
  values: Float64Array,
  ofCategories: boolean,
  isInferred: boolean,
): ColumnCosts {
  const observed = observedValues(values).length, firstCost = costIf(0, observed);
  const only = isInferred ? onlyImpossible(column, values, ofCategories) : undefined;
  const none = { column, isInferred, firstCost, only, cost: 0, rise: 0 };
  const expected = EXPECTED_CELLS[column.kind], isCategory = column.kind === "categorical";
  if (column.levels?.length === 0) return none;
  const found = filterValues(values, (value) => isImpossible(column, value)).length;
  if (isCategory) return { ...none, cost: ofCategories && found === 0 ? firstCost : 0 };
  if (!expected) return none;
  const cost = costIf(found, observed);
  if (found === 0) return { ...none, cost };
  const outcome = found > FEW * observed
    ? "too many to score high, so it may be of another kind"
    : "they will score high";
  return {
    ...none,
    cost,
    rise: costIf(found - 1, observed) - cost,
    warning:
      `column "${column.name}": ${found} of ${values.length} cells are not ${expected}: ${outcome}`,
  };
}

/** Of an impossible cell, if `found` of the observed cells of its column are. */
function costIf(found: number, observed: number): number {
  const share = (found + 1) / (observed + 2);
  return (1 - share) ** 2 / Math.max(share * (1 - share), MIN_VARIANCE) / 2;
}

function onlyWarning(columns: readonly ColumnCosts[]): string {
  const names = columns.filter(({ only }) => only !== undefined).map(({ column: { name } }) =>
    name
  );
  return `${
    listColumns(names)
  } each have one cell that the kind of all others rules out, so new rows may too: inferred kinds rule nothing out, only declared ones`;
}
