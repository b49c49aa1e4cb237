/** How well levels fit the other cells of a row, in primitives: `scoring/ensemble/level_odds.ts`. */
import { type Category, LevelOdds } from "../../scoring/ensemble/level_odds.ts";
import type { View } from "../../scoring/views/view.ts";
import type { Emitter } from "./emitter.ts";
import type { Value } from "./primitives.ts";

/** A row and its residuals under the regression, `[B, F]`. */
interface Rows {
  readonly x: Value;
  readonly r: Value;
}

/** `[B, F]`: the nats of each category at its first feature, 0 at all others. */
export function levelNats(
  e: Emitter,
  { name, features }: View,
  weight: Float32Array,
  rows: Rows,
): Value {
  const { categories } = new LevelOdds(features, weight), width = features.length;
  const nats = e.concat(
    categories.map((category) => natsOf(e, `${name}.odds${category.first}`, category, rows)),
  );
  const places = new Float64Array(categories.length * width);
  categories.forEach(({ first }, c) => places[c * width + first] = 1);
  return e.matmul(nats, e.table(`${name}.odds`, categories.length, width, places));
}

function natsOf(
  e: Emitter,
  name: string,
  { first, axes, precision, scales, points, offsets }: Category,
  { x, r }: Rows,
): Value {
  const levels = offsets.length;
  const transposed = Float64Array.from(
    { length: levels * axes },
    (_, i) => points[(i % levels) * axes + Math.floor(i / levels)],
  );
  const y = e.slice(x, first, axes), residual = e.slice(r, first, axes);
  const product = e.matmul(y, e.table(`${name}.precision`, axes, axes, precision));
  const h = e.sub(product, e.mul(residual, e.row(`${name}.scales`, scales)));
  const own = e.reduce("sumCols", e.mul(y, e.sub(h, e.mul(product, e.row("half", [0.5])))));
  const logits = e.sub(
    e.matmul(h, e.table(`${name}.points`, axes, levels, transposed)),
    e.row(`${name}.offsets`, offsets),
  );
  const largest = e.max(own, e.reduce("maxCols", logits));
  const sum = e.reduce("sumCols", e.exp(e.sub(logits, largest)));
  return e.max(e.sub(e.add(largest, e.log(sum)), own), e.row("zero", [0]));
}
