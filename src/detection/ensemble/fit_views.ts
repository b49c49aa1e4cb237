/**
 * Fits the views of a table to training cells: the transform of each column for `scoring/views/view.ts`.
 *
 *   arcsinh    centre: the median; scale: the interquartile range / 1.349, or in a column of heavy tails its geometric
 *              mean with the standard deviation, so that the view is not a logarithm of nearly all cells
 *   quantile   normal quantiles of the mid-ranks, extended linearly beyond the ends (of all cells but the
 *              outermost in 2,500) by one per standard deviation; not scaled to unit variance, so that a
 *              nearly constant column does not dominate
 *   category   points for its levels (`level_points.ts`)
 *   timestamp  time of day and day of week as points on circles; the date itself is new in every new row
 */
import { normalQuantile } from "../../core/probability/normal_quantile.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { Curve } from "../../scoring/views/curve.ts";
import { project } from "../../scoring/views/projector.ts";
import {
  type Feature,
  type Transform,
  transformAt,
  type View,
  VIEW_NAMES,
  type ViewName,
} from "../../scoring/views/view.ts";
import { sortedValues } from "../../scoring/table/take_cells.ts";
import { roundHalves } from "./half_values.ts";
import { levelPoints } from "./level_points.ts";

/** Maximum number of knots of a curve. */
const KNOTS = 48;

/**
 * The share of cells at each end of a column that do not shape its curve. A rank does not say how far out these are:
 * with one cell of 12,000 as far out as an anomaly, an anomaly would be an ordinary end of the column.
 */
const OUTER = 1 / 2500;

/** Smallest spread of a column, as a share of its standard deviation: most of its cells may be equal. */
const MIN_SPREAD = 0.05;

const DAY = 86_400, WEEK = 7 * DAY;

/** Deviations below this share of the scale are rounding errors. */
const TINY = 1e-9;

export function fitViews(cells: Cells, schema: readonly ColumnSchema[]): View[] {
  const transforms = schema.map((column, c) =>
    column.kind === "categorical"
      ? undefined
      : transformsOf(sortedValues(cells, schema.length, c), column)
  );
  const numbers = transforms.flatMap((of, column) =>
    (of?.quantile ?? []).map((transform) => ({ column, transform }))
  );
  const points = pointsOfLevels(cells, schema, { name: "quantile", features: numbers });
  return VIEW_NAMES.map((name) => ({
    name,
    features: transforms.flatMap((of, column): Feature[] =>
      (of?.[name] ?? points.get(column) ?? []).map((transform) => ({ column, transform }))
    ),
  }));
}

/** The features of each category, the same in both views. */
function pointsOfLevels(
  { data, rows }: Cells,
  schema: readonly ColumnSchema[],
  numbers: View,
): ReadonlyMap<number, readonly Transform[]> {
  const width = schema.length;
  const columns = schema.flatMap(({ kind, levels }, c) =>
    kind === "categorical" && levels!.length > 0 ? [c] : []
  );
  const categories = columns.map((c) => {
    const codes = Int32Array.from({ length: rows }, (_, r) => {
      const code = data[r * width + c];
      return Number.isNaN(code) ? -1 : code;
    });
    return { codes, count: schema[c].levels!.length + 1 };
  });
  const { x } = project(numbers, { data, rows }, width);
  const points = levelPoints(categories, { data: x.data, width: x.shape[1] });
  return new Map(columns.map((column, i) => {
    const halves = points[i].map((values) => roundHalves(Float32Array.from(values)));
    return [column, halves.map((values): Transform => ({ kind: "point", values }))];
  }));
}

function transformsOf(
  sorted: Float64Array,
  { kind, format }: ColumnSchema,
): Record<ViewName, readonly Transform[]> {
  if (kind === "timestamp") {
    // A time of day has no day of the week.
    const circles = (format === "time" ? [DAY] : [DAY, WEEK]).flatMap((period) =>
      [0, 0.25].map((phase) =>
        standardized({ kind: "cycle", period, phase, mean: 0, deviation: 1 }, sorted)
      )
    );
    return { arcsinh: circles, quantile: circles };
  }
  return { arcsinh: [arcsinhOf(sorted)], quantile: [quantilesOf(sorted)] };
}

function arcsinhOf(sorted: Float64Array): Transform {
  const { mean, deviation } = momentsOf(sorted);
  const centre = sorted.length > 0 ? quantileAt(sorted, 0.5) : 0;
  const quartiles = sorted.length > 0
    ? (quantileAt(sorted, 0.75) - quantileAt(sorted, 0.25)) / 1.349
    : 0;
  const spread = Math.max(quartiles, MIN_SPREAD * deviation);
  const varies = deviation > TINY * Math.abs(mean);
  const scale = varies ? roundedToFile(Math.max(spread, Math.sqrt(spread * deviation))) : 1;
  return standardized({ kind: "arcsinh", centre, scale, mean: 0, deviation: 1 }, sorted);
}

function quantilesOf(sorted: Float64Array): Transform {
  const { deviation } = momentsOf(sorted);
  const curve = normalCurve(sorted, roundedToFile(1 / (deviation > 0 ? deviation : 1)));
  const { mean } = momentsOf(
    sorted.map((value) => transformAt({ kind: "curve", curve, mean: 0 }, value)),
  );
  return { kind: "curve", curve, mean: roundedToFile(mean) };
}

/**
 * The curve through the normal quantiles of the mid-ranks of the distinct values, thinned evenly over the quantiles.
 */
function normalCurve(sorted: Float64Array, slope: number): Curve {
  const n = sorted.length, slopes = [slope, slope] as const;
  if (n === 0) return { x: Float64Array.of(0), y: Float64Array.of(0), slopes };
  const outer = outerCells(sorted);
  const low = -normalQuantile(1 - (outer + 0.5) / n), step = -2 * low / (KNOTS - 1);
  const x: number[] = [], y: number[] = [];
  let next = -Infinity;
  for (let first = 0; first < n - outer;) {
    let end = first;
    while (end < n && sorted[end] === sorted[first]) end++;
    const quantile = normalQuantile((first + end) / 2 / n);
    if (end > outer && (quantile >= next || end >= n - outer)) {
      x.push(sorted[first]);
      y.push(quantile);
      next = Math.max(low, low + step * Math.ceil((quantile - low) / step + 1e-9));
    }
    first = end;
  }
  return { x: Float64Array.from(x), y: Float64Array.from(y), slopes };
}

/**
 * How many cells at each end do not shape the curve: none where all others are equal, because their ranks are all there
 * is.
 */
function outerCells(sorted: Float64Array): number {
  const outer = Math.floor(sorted.length * OUTER);
  return sorted[outer] < sorted[sorted.length - 1 - outer] ? outer : 0;
}

/** Rounds to eight digits: the file stores it as text, and float32 features have no more. */
function roundedToFile(value: number): number {
  return Number(value.toPrecision(8));
}

/** Adds the mean and the deviation of the transformed values; the deviation is 1 if they do not vary. */
function standardized(
  transform: Transform & { readonly kind: "arcsinh" | "cycle" },
  sorted: Float64Array,
): Transform {
  const { mean, deviation } = momentsOf(sorted.map((value) => transformAt(transform, value)));
  return {
    ...transform,
    mean: roundedToFile(mean),
    deviation: deviation > TINY ? roundedToFile(deviation) : 1,
  };
}

function momentsOf(values: Float64Array): { mean: number; deviation: number } {
  const n = Math.max(1, values.length);
  const mean = values.reduce((sum, value) => sum + value / n, 0);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / n, 0);
  return { mean, deviation: Math.sqrt(variance) };
}

/** A quantile of ascending values, by linear interpolation. */
function quantileAt(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1), low = Math.floor(place);
  const high = Math.min(sorted.length - 1, low + 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}
