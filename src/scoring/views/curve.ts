/**
 * Monotone piecewise-linear curves, which transform a column's values in a view.
 *
 *   y(x) = y_k + (x - x_k) (y_(k+1) - y_k) / (x_(k+1) - x_k)   between neighbouring knots
 *
 * Beyond the outer knots the curve continues with the given slopes, so that values keep their order however far out
 * they are. With one knot the curve is a line through it on each side.
 */
import { countBelow } from "../../core/sorted.ts";

export interface Curve {
  /** Ascending. */
  readonly x: Float64Array;
  /** Ascending like x. */
  readonly y: Float64Array;
  /** Slopes below the first knot and above the last. */
  readonly slopes: readonly [below: number, above: number];
}

export function curveAt({ x, y, slopes: [below, above] }: Curve, value: number): number {
  return valueFrom(Math.max(0, countBelow(x, value, true) - 1), x, y, below, above, value);
}

/** The argument at which the curve has this value. */
export function curveInverse({ x, y, slopes: [below, above] }: Curve, value: number): number {
  return curveAt({ x: y, y: x, slopes: [1 / below, 1 / above] }, value);
}

/** Number of cells of the lookup grid for knots. */
const BUCKETS = 256;

/** A curve for repeated evaluation, with the same bits as `curveAt`. */
export class CurveReader {
  readonly #x: Float64Array;
  readonly #y: Float64Array;
  readonly #below: number;
  readonly #above: number;
  /** For each grid cell, a knot at or before every value in it: the last knot of the preceding cells. */
  readonly #starts = new Uint32Array(BUCKETS);
  readonly #bucketsPerUnit: number;

  constructor({ x, y, slopes: [below, above] }: Curve) {
    this.#x = x;
    this.#y = y;
    this.#below = below;
    this.#above = above;
    this.#bucketsPerUnit = BUCKETS / (x[x.length - 1] - x[0]);
    for (let k = 0; k < x.length; k++) this.#starts.fill(k, this.#bucketOf(x[k]) + 1);
  }

  at(value: number): number {
    const start = this.#starts[this.#bucketOf(value)];
    return valueFrom(start, this.#x, this.#y, this.#below, this.#above, value);
  }

  /** Monotone in the value despite rounding; 0 for NaN. */
  #bucketOf(value: number): number {
    const bucket = (value - this.#x[0]) * this.#bucketsPerUnit;
    return bucket < BUCKETS - 1
      ? bucket > 0 ? bucket | 0 : 0
      : bucket >= BUCKETS - 1
      ? BUCKETS - 1
      : 0;
  }
}

/** @param k a knot at or before the value, or the first */
function valueFrom(
  k: number,
  x: Float64Array,
  y: Float64Array,
  below: number,
  above: number,
  value: number,
): number {
  const last = x.length - 1;
  if (value <= x[0]) return y[0] + (value - x[0]) * below;
  if (value >= x[last]) return y[last] + (value - x[last]) * above;
  while (x[k + 1] <= value) k++;
  return y[k] + (value - x[k]) * (y[k + 1] - y[k]) / (x[k + 1] - x[k]);
}
