/**
 * A model's record of each column, for detecting later that the column has changed: the share of missing cells, and the
 * distribution function at 21 quantiles of the other cells.
 *
 * A test on these points alone has slightly less power than one on all rows, and no more false alarms: the largest of
 * some distances is at most the largest of all.
 */
import { countBelow } from "../../core/sorted.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { sortedValues } from "../../scoring/table/take_cells.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import { inPlace, levelPlaces } from "./level_order.ts";
import type { PointCounts } from "../../core/probability/point_counts.ts";
import { SKETCH_WIDTH, type TableSketch } from "../../scoring/table_model.ts";

/** Points of the distribution function. Layout of a sketch: share of missing cells, points, shares. */
const POINTS = (SKETCH_WIDTH - 1) / 2;

/** The distribution of one column. */
export interface ColumnSketch {
  /** The share of cells that are missing. */
  readonly missing: number;
  /** Values, ascending; a value may occur more than once. */
  readonly points: Float64Array;
  /** F at each point: the share of the observed cells that are at most this value. */
  readonly shares: Float64Array;
}

/**
 * The sketches of a table's columns.
 * @param levelCells the rows whose levels count: not those that decided which texts are levels, since of other rows
 *   fewer have one of these. By default all rows
 * @param missing rows that stand for missing steps of a series, and do not count
 */
export function sketchColumns(
  cells: Cells,
  schema: readonly ColumnSchema[],
  levelCells: Cells = cells,
  missing: number = 0,
): TableSketch {
  const columns = schema.length, sketches = new Float64Array(columns * SKETCH_WIDTH);
  schema.forEach((column, c) => {
    const places = levelPlaces(column), from = places ? levelCells : cells;
    const sorted = inPlace(sortedValues(from, columns, c), places).sort();
    const out = c * SKETCH_WIDTH;
    sketches[out] = 1 - sorted.length / (from.rows - missing);
    for (let k = 0; k < POINTS; k++) {
      const at = Math.round(k / (POINTS - 1) * (sorted.length - 1));
      const value = sorted.length > 0 ? sorted[at] : 0;
      sketches[out + 1 + k] = value;
      sketches[out + 1 + POINTS + k] = sorted.length > 0 ? shareUpTo(sorted, value) : 0;
    }
  });
  return { data: sketches, rows: cells.rows - missing, levelRows: levelCells.rows - missing };
}

/** One column of the sketches. */
export function sketchOf({ data: sketches }: TableSketch, c: number): ColumnSketch {
  const at = c * SKETCH_WIDTH;
  return {
    missing: sketches[at],
    points: sketches.subarray(at + 1, at + 1 + POINTS),
    shares: sketches.subarray(at + 1 + POINTS, at + SKETCH_WIDTH),
  };
}

/**
 * The largest difference, at the sketch's points, between its distribution function and that of other values.
 * @param counts of these values, at the sketch's points
 */
export function distanceTo({ points, shares }: ColumnSketch, counts: PointCounts): number {
  const { total, atMost, below: lower } = counts;
  let largest = 0;
  points.forEach((point, k) => {
    largest = Math.max(largest, Math.abs(shares[k] - atMost[k] / total));
    // Also compares just below a point: the sample may have values in a gap between two points of the sketch.
    const before = k > 0 && points[k - 1] < point ? shares[k - 1] : k === 0 ? 0 : undefined;
    if (before === undefined) return;
    const below = lower[k] / total;
    if (k === 0) largest = Math.max(largest, below);
    else if (below < before) largest = Math.max(largest, before - below);
  });
  return largest;
}

function shareUpTo(sorted: Float64Array, value: number): number {
  return countBelow(sorted, value, true) / sorted.length;
}
