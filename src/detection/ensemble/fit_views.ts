/**
 * The views of a table, from training cells: what `scoring/views/view.ts` needs to know of each column.
 *
 *   arcsinh    centre the median, scale the interquartile range / 1.349: a few wild cells move neither
 *   quantile   normal quantiles of the mid-ranks, on at one per standard deviation beyond the ends; not
 *              brought to unit variance, so that a column that hardly varies does not shout
 *   category   one feature a level and one for levels never seen; together they have the variance of one
 *              numeric column, however many levels there are
 *   timestamp  time of day and day of week as points on circles: the date itself is new in every new row
 */
import { normalQuantile } from "../../core/probability/normal_quantile.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { Curve } from "../../scoring/views/curve.ts";
import {
  type Feature,
  type Transform,
  transformAt,
  type View,
  VIEW_NAMES,
  type ViewName,
} from "../../scoring/views/view.ts";

/** Knots of a curve: at most. */
const KNOTS = 48;

/** A column's scale is no smaller a share of its standard deviation: most of its cells may be equal. */
const MIN_SCALE = 0.05;

/** Levels of a category that have a feature of their own. */
const MAX_LEVEL_FEATURES = 64;

const DAY = 86_400, WEEK = 7 * DAY;

/** Deviations below this share of the scale are rounding. */
const TINY = 1e-9;

export function fitViews(cells: Cells, schema: readonly ColumnSchema[]): View[] {
  const features = schema.map((column, c) =>
    featuresOf(observedCells(cells, schema.length, c), column)
  );
  return VIEW_NAMES.map((name) => ({
    name,
    features: features.flatMap((make, column): Feature[] =>
      make(name).map((transform) => ({ column, transform }))
    ),
  }));
}

/** The cells of a column that are there, ascending. */
function observedCells({ data, rows }: Cells, columns: number, c: number): Float64Array {
  const values = new Float64Array(rows);
  let count = 0;
  for (let r = 0; r < rows; r++) {
    const value = data[r * columns + c];
    if (value === value) values[count++] = value;
  }
  return values.subarray(0, count).sort();
}

function featuresOf(
  sorted: Float64Array,
  { kind, levels }: ColumnSchema,
): (view: ViewName) => Transform[] {
  if (kind === "categorical") {
    const transforms = levelsOf(sorted, levels?.length ?? 0);
    return () => transforms;
  }
  if (kind === "timestamp") {
    const transforms = [DAY, WEEK].flatMap((period) =>
      [0, 0.25].map((phase) =>
        standardized({ kind: "cycle", period, phase, mean: 0, deviation: 1 }, sorted)
      )
    );
    return () => transforms;
  }
  return (view) => [view === "arcsinh" ? arcsinhOf(sorted) : quantilesOf(sorted)];
}

function arcsinhOf(sorted: Float64Array): Transform {
  const { mean, deviation } = momentsOf(sorted);
  const centre = sorted.length > 0 ? at(sorted, 0.5) : 0;
  const spread = sorted.length > 0 ? (at(sorted, 0.75) - at(sorted, 0.25)) / 1.349 : 0;
  const varies = deviation > TINY * Math.abs(mean);
  const scale = varies ? short(Math.max(spread, MIN_SCALE * deviation)) : 1;
  return standardized({ kind: "arcsinh", centre, scale, mean: 0, deviation: 1 }, sorted);
}

function quantilesOf(sorted: Float64Array): Transform {
  const { deviation } = momentsOf(sorted);
  const curve = normalCurve(sorted, short(1 / (deviation > 0 ? deviation : 1)));
  const { mean } = momentsOf(
    sorted.map((value) => transformAt({ kind: "curve", curve, mean: 0 }, value)),
  );
  return { kind: "curve", curve, mean: short(mean) };
}

/** Through the normal quantiles of the mid-ranks of the different values, thinned evenly along them. */
function normalCurve(sorted: Float64Array, slope: number): Curve {
  const n = sorted.length, slopes = [slope, slope] as const;
  if (n === 0) return { x: Float64Array.of(0), y: Float64Array.of(0), slopes };
  const low = -normalQuantile(1 - 0.5 / n), step = -2 * low / (KNOTS - 1);
  const x: number[] = [], y: number[] = [];
  let next = -Infinity;
  for (let first = 0; first < n;) {
    let end = first;
    while (end < n && sorted[end] === sorted[first]) end++;
    const quantile = normalQuantile((first + end) / 2 / n);
    const isLast = end === n;
    if (quantile >= next || isLast) {
      x.push(sorted[first]);
      y.push(quantile);
      next = Math.max(low, low + step * Math.ceil((quantile - low) / step + 1e-9));
    }
    first = end;
  }
  return { x: Float64Array.from(x), y: Float64Array.from(y), slopes };
}

function levelsOf(sorted: Float64Array, levels: number): Transform[] {
  if (levels === 0) return [];
  const counts = new Float64Array(levels + 1);
  for (const value of sorted) counts[Math.min(levels, Math.max(0, Math.round(value)))]++;
  const shares = counts.map((count) => count / Math.max(1, sorted.length));
  const variance = shares.reduce((sum, p) => sum + p * (1 - p), 0);
  const deviation = Math.sqrt(variance) || 1;
  const known = Array.from({ length: levels }, (_, level) => level)
    .sort((a, b) => counts[b] - counts[a]).slice(0, MAX_LEVEL_FEATURES).sort((a, b) => a - b);
  return [...known, levels].map((level) => ({
    kind: "level",
    level,
    mean: shares[level],
    deviation,
  }));
}

/** In eight digits: a file holds it as text, and float32 features hold no more. */
function short(value: number): number {
  return Number(value.toPrecision(8));
}

/** With the mean and the deviation of its own values; 1 where they do not vary. */
function standardized(
  transform: Transform & { readonly kind: "arcsinh" | "cycle" },
  sorted: Float64Array,
): Transform {
  const { mean, deviation } = momentsOf(sorted.map((value) => transformAt(transform, value)));
  return { ...transform, mean: short(mean), deviation: deviation > TINY ? short(deviation) : 1 };
}

function momentsOf(values: Float64Array): { mean: number; deviation: number } {
  const n = Math.max(1, values.length);
  const mean = values.reduce((sum, value) => sum + value / n, 0);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / n, 0);
  return { mean, deviation: Math.sqrt(variance) };
}

/** A quantile of ascending values. */
function at(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1), low = Math.floor(place);
  const high = Math.min(sorted.length - 1, low + 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}
