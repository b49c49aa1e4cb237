/**
 * What the order of the rows says of a column. A split by lot is exact for rows in any order if they could as well
 * stand in another; these could not:
 *
 *   running  the ranks of a column go with the number of the row, |ρ| ≥ 0.95, and most cells differ from the one before:
 *            a clock, the number of a row, up or down. Rows to come lie beyond all that trained
 *   alike    cells are like those of the row before, ρ of neighbours ≥ 0.3: readings over time. A row that calibrates then
 *            lies between two that train, and rows to come do not
 *   leaving  of a series, the values of the last third are others than those of the first: the largest distance of their
 *            distributions is 0.6 or more. A walk goes where no window was
 *
 * ρ is Spearman's, of 5,000 rows at most, evenly over the table. In a table without order it is normal of
 * deviation 1/√n; what chance brings once in 10,000 tables is no fact. Times and running columns are not also alike.
 */
import { normalQuantile } from "../core/probability/normal_quantile.ts";
import { rankCorrelation } from "../scoring/rank_correlation.ts";
import { type ColumnSchema, hasLevels } from "../scoring/table/schema.ts";
import type { Cells } from "../scoring/table/cells.ts";
import { kolmogorovDistance } from "./drift/kolmogorov.ts";
import { presentOf } from "./drift/sketch.ts";

/** Columns, and how strongly. */
export type Found = readonly (readonly [name: string, strength: number])[];

/** What is found of a table's columns. */
export interface RowOrder {
  readonly running: readonly string[];
  /** With ρ of neighbours. */
  readonly alike: Found;
}

/** Fewer rows may be in any order by chance. */
const LEAST_ROWS = 20;

/** Rows that are looked at. */
const MOST_ROWS = 5000;

/** The share of tables without order in which something is found. */
const CHANCE = 1e-4;

const RUNNING = 0.95, ALIKE = 0.3, LEAVING = 0.6;

export function rowOrder(schema: readonly ColumnSchema[], cells: Cells): RowOrder {
  const running: string[] = [], alike: [string, number][] = [];
  if (cells.rows < LEAST_ROWS) return { running, alike };
  const least = normalQuantile(1 - CHANCE / Math.max(1, schema.length));
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
      if (neighbours >= ALIKE && neighbours * Math.sqrt(count) >= least) {
        alike.push([name, neighbours]);
      }
    }
  });
  return { running, alike };
}

/** Of the steps of a series. */
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

/** A column's cells that are there, each with the next that is, evenly over the table. */
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
