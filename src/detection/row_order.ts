/**
 * Detects columns that depend on the order of the rows. A random split assumes that rows are exchangeable. They are not
 * if a column is
 *
 *   running  its ranks follow the row number, |ρ| ≥ 0.95, and most cells differ from the one before: a clock or
 *            row number, rising or falling. New rows lie beyond all training rows
 *   alike    its cells resemble those of the row before, ρ of neighbours ≥ 0.3: readings over time. A calibration
 *            row then lies between two training rows, and new rows do not
 *   leaving  (series) the values of its last third differ from those of the first: the largest distance of their
 *            distributions is at least 0.6. A random walk goes where no window was
 *
 * ρ is Spearman's, over at most 5,000 rows, evenly spaced. In a table without order it is normal with deviation 1/√n; a
 * value that chance exceeds in at most one of 10,000 tables is reported. Times are never reported, and running columns
 * not also as alike.
 */
import { normalQuantile } from "../core/probability/normal_quantile.ts";
import { rankCorrelation } from "../scoring/rank_correlation.ts";
import { type ColumnSchema, hasLevels } from "../scoring/table/schema.ts";
import type { Cells } from "../scoring/table/cells.ts";
import { kolmogorovDistance } from "./drift/kolmogorov.ts";
import { presentOf } from "./drift/sketch.ts";

/** Columns, with the strength of the effect. */
export type Found = readonly (readonly [name: string, strength: number])[];

/** Columns of a table that depend on the order of its rows. */
export interface RowOrder {
  readonly running: readonly string[];
  /** With ρ of neighbours. */
  readonly alike: Found;
  /** Whether any column says that the rows could not as well stand in another order. */
  readonly ordered: boolean;
}

/** Fewer rows may be in any order by chance. */
const LEAST_ROWS = 20;

/** Maximum number of rows to examine. */
const MOST_ROWS = 5000;

/** The probability of a finding in a table without order. */
const CHANCE = 1e-4;

const RUNNING = 0.95, ALIKE = 0.3;

/** The distance of distributions from which on a column has moved. */
export const LEAVING = 0.6;

export function rowOrder(schema: readonly ColumnSchema[], cells: Cells): RowOrder {
  const running: string[] = [], alike: [string, number][] = [];
  if (cells.rows < LEAST_ROWS) return { running, alike, ordered: false };
  const least = normalQuantile(1 - CHANCE / Math.max(1, schema.length));
  let ordered = false;
  schema.forEach(({ name, kind }, c) => {
    if (kind === "timestamp") return;
    const { pairs: [before, after], places } = pairsOf(cells, schema.length, c);
    const count = before.length;
    if (count < LEAST_ROWS - 1) return;
    const changes = before.filter((value, i) => value !== after[i]).length;
    const isMoving = !hasLevels(kind) && 2 * changes > count;
    if (isMoving && Math.abs(rankCorrelation(before, places)) >= RUNNING) running.push(name);
    else {
      const neighbours = rankCorrelation(before, after);
      const isChance = Math.abs(neighbours) * Math.sqrt(count) < least;
      ordered ||= !isChance;
      if (neighbours >= ALIKE && !isChance) alike.push([name, neighbours]);
    }
  });
  return { running, alike, ordered: ordered || running.length > 0 };
}

/** Columns of a series that leave the range of their first values. */
export function leaving(schema: readonly ColumnSchema[], { data, rows }: Cells): Found {
  const width = schema.length, third = Math.floor(rows / 3);
  const from = (first: number, c: number) =>
    presentOf(
      { data: data.subarray(first * width, (first + third) * width), rows: third },
      width,
      c,
    );
  return schema.flatMap(({ name, kind }, c) => {
    if (kind === "timestamp") return [];
    const early = from(0, c), late = from(rows - third, c);
    const distance = kolmogorovDistance(early, late);
    return distance >= LEAVING ? [[name, distance] as const] : [];
  });
}

/** Pairs of consecutive observed cells of a column, evenly spaced over the table. */
function pairsOf({ data, rows }: Cells, width: number, c: number) {
  const there: number[] = [];
  for (let r = 0; r < rows; r++) if (!Number.isNaN(data[r * width + c])) there.push(r);
  const count = Math.max(0, Math.min(MOST_ROWS, there.length - 1));
  const places = Float64Array.from(
    { length: count },
    (_, i) => Math.floor(i * (there.length - 1) / count),
  );
  const at = (step: number) => places.map((place) => data[there[place + step] * width + c]);
  return { pairs: [at(0), at(1)] as const, places };
}
