/**
 * The half-scaled distance to the nearest references, in primitives: `scoring/ensemble/neighbours.ts`, for complete
 * rows. The nearest are all up to the k-th smallest distance; if more than k are, those at that distance share the
 * remaining weight.
 *
 *   d²(r) = ‖x‖² + ‖r‖² - 2 x·r     Σ_r w_r (x_f - r_f)² = x_f² Σ w - 2 x_f (w R)_f + (w R²)_f
 */
import { fixed } from "../../core/shape.ts";
import { MIN_DISTANCE, NEIGHBOURS, type References } from "../../scoring/ensemble/neighbours.ts";
import type { Emitter } from "./emitter.ts";
import type { Value } from "./primitives.ts";

/** The neighbourhood of each row. */
export interface Neighbourhood {
  /** t(x), `[B, 1]`. */
  readonly distance: Value;
  /** Each feature's part in it, `[B, F]`. */
  readonly share: Value;
}

/** @param x `[B, F]`, float64 */
export function neighbourhood(
  e: Emitter,
  name: string,
  x: Value,
  { rows, spread, features }: References,
): Neighbourhood {
  const count = spread.length, k = Math.min(NEIGHBOURS, count);
  const references = e.widen(e.weight(`${name}.references`, fixed(count, features), rows));
  const zero = e.row("zero", [0]), two = e.row("two", [2]), squares = e.mul(x, x);
  const lengths = Float64Array.from(spread, (_, r) => squareOf(rows, r * features, features));
  const norms = e.add(e.reduce("sumCols", squares), e.row(`${name}.lengths`, lengths));
  const products = e.matmul(x, references, [false, true]);
  const distances = e.unary("sqrt", e.max(e.sub(norms, e.mul(products, two)), zero));
  const chosen = nearest(e, distances, k), isApart = e.binary("less", zero, distances);
  const number = e.row(`count.${k}`, [k]);
  const floor = e.row(`${name}.nearest`, [MIN_DISTANCE * Math.sqrt(features)]);
  const mean = e.div(e.reduce("sumCols", e.mul(chosen, distances)), number);
  const meanSpread = e.div(e.matmul(chosen, e.table(`${name}.spread`, count, 1, spread)), number);
  const weights = e.select(
    isApart,
    e.div(chosen, e.select(isApart, distances, e.row("one", [1]))),
    zero,
  );
  const ofX = e.mul(squares, e.reduce("sumCols", weights));
  const mixed = e.mul(e.mul(x, e.matmul(weights, references)), two);
  const ofReferences = e.matmul(weights, e.mul(references, references));
  return {
    distance: e.div(e.max(mean, floor), e.unary("sqrt", e.max(meanSpread, floor))),
    share: e.max(e.add(e.sub(ofX, mixed), ofReferences), zero),
  };
}

/** The weight of each reference among the nearest; the weights sum to `most`. */
function nearest(e: Emitter, distances: Value, k: number): Value {
  const kthDistance = e.kthSmallest(distances, k), sum = (x: Value) => e.reduce("sumCols", x);
  const nearer = e.binary("less", distances, kthDistance);
  const level = e.binary("equal", distances, kthDistance);
  const left = e.sub(e.row(`count.${k}`, [k]), sum(nearer));
  return e.add(nearer, e.mul(level, e.div(left, sum(level))));
}

function squareOf(rows: Float32Array, first: number, count: number): number {
  let sum = 0;
  for (let i = first; i < first + count; i++) sum += rows[i] * rows[i];
  return sum;
}
