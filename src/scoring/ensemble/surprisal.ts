/**
 * How surprising a statistic of a row is, in nats: s(t) = -ln P(T ≥ t) over training rows that the
 * statistic has not seen, so that statistics of any unit can be laid side by side.
 *
 * Up to the 95 % point P is what was counted, a curve over ln t; beyond it ln T has an exponential tail,
 * s(t) = s₉₅ + (ln t - ln t₉₅) / θ, θ the mean excess of ln T (Hill, "A simple general approach to
 * inference about the tail of a distribution", 1975): a row however far out keeps its place in the order.
 */
import { portableLog, tableLog } from "../../core/portable.ts";
import type { Curve, CurveReader } from "../views/curve.ts";

/** Statistics below this are this: all that is nearer than nothing is as near. */
export const FLOOR = 1e-6;

/** The share of rows from which on the tail is a formula. */
export const TAIL = 0.05;

/** Knots of the counted part. */
const KNOTS = 24;

/** The tail may not be thinner: one step in float32 would be worlds. */
const MIN_EXCESS = 0.02;

export function surprisalAt(curve: CurveReader, statistic: number): number {
  return curve.at(tableLog(Math.max(FLOOR, statistic)));
}

/** The curve of a statistic from its values, at least one. */
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
  x.push(split);
  y.push(-portableLog(share));
  const slope = 1 / Math.max(MIN_EXCESS, above > 0 ? excess / above : 1);
  return { x: Float64Array.from(x), y: Float64Array.from(y), slopes: [0, slope] };
}

/** How many are below `value`, of values in ascending order. */
function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
