/**
 * The surprisal of a statistic, in nats: s(t) = -ln P(T ≥ t) over training rows that the statistic was not fitted on.
 * It makes statistics of different units comparable.
 *
 * Up to the 95 % quantile, P is the empirical share, a curve over ln t. Beyond it ln T has an exponential tail,
 * s(t) = s₉₅ + (ln t - ln t₉₅) / θ, θ the mean excess of ln T (Hill, "A simple general approach to inference about
 * the tail of a distribution", 1975), so that rows keep their order however far out they are.
 */
import { portableLog, tableLog } from "../../core/portable.ts";
import type { Curve, CurveReader } from "../views/curve.ts";

/** Smaller statistics are raised to this, so that their logarithm is finite. */
export const FLOOR = 1e-6;

/** The share of rows that belongs to the exponential tail. */
export const TAIL = 0.05;

/** Knots of the empirical part. */
const KNOTS = 24;

/** Lower bound of θ. In a thinner tail one float32 step would change the surprisal greatly. */
const MIN_EXCESS = 0.02;

export function surprisalAt(curve: CurveReader, statistic: number): number {
  return curve.at(tableLog(Math.max(FLOOR, statistic)));
}

/** Fits the curve of a statistic to at least one value. */
export function surprisalOf(values: Float64Array): Curve {
  const logs = values.map((value) => portableLog(Math.max(FLOOR, value))).sort();
  const n = logs.length;
  const split = logs[Math.floor((1 - TAIL) * (n - 1))];
  let above = 0, excess = 0;
  for (let i = n - 1; i >= 0 && logs[i] > split; i--) {
    above++;
    excess += logs[i] - split;
  }
  const x: number[] = [], y: number[] = [];
  const share = Math.max(above, 1) / (n + 1);
  for (let k = 0; k < KNOTS - 1; k++) {
    const at = logs[Math.floor(k / (KNOTS - 1) * (1 - TAIL) * (n - 1))];
    if (at >= split || (x.length > 0 && at <= x[x.length - 1])) continue;
    x.push(at);
    y.push(-portableLog((1 + n - lowerBound(logs, at)) / (n + 1)));
  }
  const reaching = n - lowerBound(logs, split);
  if (above < reaching / 2) {
    // Most rows that reach the tail equal its start: they are ordinary, and it begins with the next value.
    x.push(split, above > 0 ? logs[n - above] : split + 1);
    y.push(-portableLog((1 + reaching) / (n + 1)), -portableLog(share));
  } else {
    x.push(split);
    y.push(-portableLog(share));
  }
  const slope = 1 / Math.max(MIN_EXCESS, above > 0 ? excess / above : 1);
  return { x: Float64Array.from(x), y: Float64Array.from(y), slopes: [0, slope] };
}

/** The number of values below `value`, in ascending values. */
function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
