/**
 * Detects columns that depend on the order of the rows. A random split assumes that rows are exchangeable. They are not
 * if a column is
 *
 *   trending        its ranks follow the row number, |ρ| ≥ 0.95, and most cells differ from the one before: a clock
 *                   or row number, rising or falling. New rows lie beyond all training rows
 *   autocorrelated  its cells resemble those of the row before, ρ of neighbours ≥ 0.3, and still depend on those ten
 *                   rows before, |ρ| ≥ 0.15: readings over time. A calibration row then lies between training rows
 *                   that are like it, and new rows do not. What is forgotten within ten rows does no harm (ADR 55)
 *   shifting        (series) the values of its last third differ from those of the first: the largest distance of
 *                   their distributions is at least 0.6. A random walk goes where no window was
 *
 * ρ is Spearman's, over at most 5,000 rows, evenly spaced. In a table without order it is normal with deviation 1/√n; a
 * value that chance exceeds in at most one of 10,000 tables is reported. Times are never reported, and trending
 * columns not also as autocorrelated.
 */
import { normalQuantile } from "../../core/probability/normal_quantile.ts";
import { rankCorrelation } from "../../core/ranks.ts";
import { type ColumnSchema, hasLevels } from "../../scoring/table/schema.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { kolmogorovDistance } from "../../core/probability/kolmogorov.ts";
import { sortedValues } from "../../scoring/table/take_cells.ts";

/** Columns, with the strength of the effect. */
export type ColumnStrengths = readonly (readonly [name: string, strength: number])[];

/** Columns of a table that depend on the order of its rows. */
export interface OrderFacts {
  readonly trending: readonly string[];
  /** With ρ of neighbours. */
  readonly autocorrelated: ColumnStrengths;
  /** Whether any column says that the rows could not as well stand in another order. */
  readonly ordered: boolean;
}

/** Fewer rows may be in any order by chance. */
const MIN_ROWS = 20;

/** Maximum number of rows to examine. */
const MAX_ROWS = 5000;

/** The probability of a finding in a table without order. */
const SIGNIFICANCE = 1e-4;

const MIN_TREND = 0.95, MIN_AUTOCORRELATION = 0.3;

/** Rows over which a dependence lasts if it is worth a warning, and the least |ρ| then. */
const LASTING_ROWS = 10, MIN_LASTING = 0.15;

/** The distance of distributions from which on a column has moved. */
export const MIN_SHIFT = 0.6;

export function orderFacts(schema: readonly ColumnSchema[], cells: Cells): OrderFacts {
  const trending: string[] = [], autocorrelated: [string, number][] = [];
  if (cells.rows < MIN_ROWS) return { trending, autocorrelated, ordered: false };
  const minZ = normalQuantile(1 - SIGNIFICANCE / Math.max(1, schema.length));
  let ordered = false;
  schema.forEach(({ name, kind }, c) => {
    if (kind === "timestamp") return;
    const { pairs: [before, after], positions } = successivePairs(cells, schema.length, c);
    const count = before.length;
    if (count < MIN_ROWS - 1) return;
    const changes = before.filter((value, i) => value !== after[i]).length;
    const changesMostly = !hasLevels(kind) && 2 * changes > count;
    if (changesMostly && Math.abs(rankCorrelation(before, positions)) >= MIN_TREND) {
      trending.push(name);
    } else {
      const correlation = rankCorrelation(before, after);
      const isInsignificant = Math.abs(correlation) * Math.sqrt(count) < minZ;
      ordered ||= !isInsignificant;
      const isAlike = correlation >= MIN_AUTOCORRELATION && !isInsignificant;
      if (isAlike && isLasting(cells, schema.length, c)) {
        autocorrelated.push([name, correlation]);
      }
    }
  });
  return { trending, autocorrelated, ordered: ordered || trending.length > 0 };
}

/** Columns of a series whose last values differ from their first. */
export function shiftingColumns(
  schema: readonly ColumnSchema[],
  { data, rows }: Cells,
): ColumnStrengths {
  const width = schema.length, third = Math.floor(rows / 3);
  const from = (first: number, c: number) =>
    sortedValues(
      { data: data.subarray(first * width, (first + third) * width), rows: third },
      width,
      c,
    );
  return schema.flatMap(({ name, kind }, c) => {
    if (kind === "timestamp") return [];
    const early = from(0, c), late = from(rows - third, c);
    const distance = kolmogorovDistance(early, late);
    return distance >= MIN_SHIFT ? [[name, distance] as const] : [];
  });
}

/** Whether cells depend on those `LASTING_ROWS` before; in few rows that cannot be told, and they do. */
function isLasting(cells: Cells, width: number, c: number): boolean {
  const { pairs: [before, after] } = successivePairs(cells, width, c, LASTING_ROWS);
  return before.length < MIN_ROWS || Math.abs(rankCorrelation(before, after)) >= MIN_LASTING;
}

/** Pairs of observed cells of a column, `lag` observed cells apart, evenly spaced over the table. */
function successivePairs({ data, rows }: Cells, width: number, c: number, lag = 1) {
  const observedRows: number[] = [];
  for (let r = 0; r < rows; r++) if (!Number.isNaN(data[r * width + c])) observedRows.push(r);
  const last = observedRows.length - lag, count = Math.max(0, Math.min(MAX_ROWS, last));
  const positions = Float64Array.from(
    { length: count },
    (_, i) => Math.floor(i * last / count),
  );
  const at = (step: number) =>
    positions.map((place) => data[observedRows[place + step] * width + c]);
  return { pairs: [at(0), at(lag)] as const, positions };
}
