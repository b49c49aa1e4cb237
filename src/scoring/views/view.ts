/**
 * A view transforms the cells of a user's table to features for networks and distances. Each feature belongs to one
 * column of the table, so results for features add up by column.
 *
 *   arcsinh   y = (asinh((x - centre) / scale) - mean) / deviation; heavy tails become logarithms
 *   curve     y = curve(x) - mean, a curve through normal quantiles, continued beyond the outer knots
 *   point     y = one coordinate of the point of a level (`detection/ensemble/level_points.ts`)
 *   cycle     y = (cos(2π (x / period - phase)) - mean) / deviation, for a time
 *
 * A missing cell (NaN) becomes 0, the mean, and counts as not observed. Values are clipped to ±LIMIT, so that all later
 * float32 numbers are finite.
 */
import { portableCosTurns, portableLog, portableSinh, tableLog } from "../../core/portable.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { Cells } from "../table/cells.ts";
import { LIMIT } from "../table/standardize.ts";
import { type Curve, curveAt, curveInverse } from "./curve.ts";

/** Larger arguments are clipped to this, so that their square stays finite. */
export const MAX_ASINH = 1e150;

/** The transform of a column's cells. */
export type Transform =
  | {
    readonly kind: "arcsinh";
    readonly centre: number;
    readonly scale: number;
    readonly mean: number;
    readonly deviation: number;
  }
  | { readonly kind: "curve"; readonly curve: Curve; readonly mean: number }
  | {
    readonly kind: "point";
    /** One coordinate of each code of a category. */
    readonly values: Float32Array;
  }
  | {
    readonly kind: "cycle";
    readonly period: number;
    readonly phase: number;
    readonly mean: number;
    readonly deviation: number;
  };

/** One feature of a view. */
export interface Feature {
  /** Column of the table. */
  readonly column: number;
  readonly transform: Transform;
}

/** The names of the views, in the order of a detector. */
export const VIEW_NAMES = ["arcsinh", "quantile"] as const;
export type ViewName = typeof VIEW_NAMES[number];

export interface View {
  readonly name: ViewName;
  readonly features: readonly Feature[];
}

/** The value of a feature for an observed cell. */
export function transformAt(transform: Transform, value: number): number {
  switch (transform.kind) {
    case "arcsinh": {
      const { centre, scale, mean, deviation } = transform;
      return clamped((asinh((value - centre) / scale) - mean) / deviation);
    }
    case "curve":
      return clamped(curveAt(transform.curve, value) - transform.mean);
    case "point":
      return transform.values[value];
    case "cycle": {
      const { period, phase, mean, deviation } = transform;
      return (portableCosTurns(value / period - phase) - mean) / deviation;
    }
  }
}

/** The cell that has this value, for transforms with an inverse; else NaN. */
export function transformInverse(transform: Transform, value: number): number {
  switch (transform.kind) {
    case "arcsinh": {
      const { centre, scale, mean, deviation } = transform;
      return centre + scale * portableSinh(value * deviation + mean);
    }
    case "curve":
      return curveInverse(transform.curve, value + transform.mean);
    default:
      return NaN;
  }
}

/** ln(|z| + √(z² + 1)) with the sign of z; the same on every machine. */
export function asinh(z: number): number {
  const size = Math.min(Math.abs(z), MAX_ASINH);
  const value = tableLog(size + Math.sqrt(size * size + 1));
  return z < 0 ? -value : value;
}

/** Clips to ±LIMIT; NaN is unchanged. Comparisons are faster than Math.min, because few values are out of range. */
export const clamped = (value: number): number =>
  value > LIMIT ? LIMIT : value < -LIMIT ? -LIMIT : value;

/**
 * Converts rows of a view back to cells: for a category the level whose point is nearest, NaN for a column that only
 * has cycles.
 */
export function unproject(
  { features }: View,
  { data, shape: [rows, width] }: Matrix,
  columns: number,
): Cells {
  const cells = new Float64Array(rows * columns).fill(NaN);
  for (let r = 0; r < rows; r++) {
    /** Squared distances to the levels of each category, axis by axis. */
    const squares: number[][] = [];
    features.forEach(({ column, transform }, f) => {
      const value = data[r * width + f], at = r * columns + column;
      if (transform.kind === "point") {
        const own = squares[column] ??= new Array(transform.values.length).fill(0);
        transform.values.forEach((y, level) => own[level] += (y - value) ** 2);
        cells[at] = own.indexOf(Math.min(...own));
      } else if (transform.kind !== "cycle") cells[at] = transformInverse(transform, value);
    });
  }
  return { data: cells, rows };
}

/**
 * Σ ln |dy / dx| of a row's numeric cells, nats: the log-Jacobian that converts a density in the view to one of the
 * cells.
 */
export function logSlope({ features }: View, cells: ArrayLike<number>, at: number): number {
  let sum = 0;
  for (const { column, transform } of features) {
    if (transform.kind !== "arcsinh") continue;
    const { centre, scale, deviation } = transform, z = (cells[at + column] - centre) / scale;
    if (z === z) sum -= portableLog(scale * deviation) + portableLog(1 + z * z) / 2;
  }
  return sum;
}
