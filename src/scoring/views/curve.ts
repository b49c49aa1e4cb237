/**
 * Monotone piecewise-linear curves: what a column's values become in a view.
 *
 *   y(x) = y_k + (x - x_k) (y_(k+1) - y_k) / (x_(k+1) - x_k)   between neighbouring knots
 *
 * and on beyond the outer knots at the slopes given, so that a value however far out stays in its place
 * in the order. With one knot the curve is the line through it.
 */
export interface Curve {
  /** Ascending. */
  readonly x: Float64Array;
  /** Ascending with them. */
  readonly y: Float64Array;
  /** Slopes below the first knot and above the last. */
  readonly slopes: readonly [below: number, above: number];
}

export function curveAt({ x, y, slopes: [below, above] }: Curve, value: number): number {
  const last = x.length - 1;
  if (value <= x[0]) return y[0] + (value - x[0]) * below;
  if (value >= x[last]) return y[last] + (value - x[last]) * above;
  let low = 0, high = last;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (x[middle] <= value) low = middle;
    else high = middle;
  }
  return y[low] + (value - x[low]) * (y[high] - y[low]) / (x[high] - x[low]);
}

/** The value that the curve takes to `value`. */
export function curveInverse({ x, y, slopes: [below, above] }: Curve, value: number): number {
  return curveAt({ x: y, y: x, slopes: [1 / below, 1 / above] }, value);
}
