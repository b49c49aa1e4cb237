/**
 * The views of an ensemble in primitives: cells to features, as in `scoring/views/view.ts`, for complete rows. A curve
 * is a sum over its pieces, which holds for every value:
 *
 *   y(x) = y_0 + below · min(x - x_0, 0) + Σ_k slope_k · min(max(x - x_k, 0), x_(k+1) - x_k) + above · max(x - x_K, 0)
 */
import { LIMIT } from "../../scoring/table/standardize.ts";
import type { Curve } from "../../scoring/views/curve.ts";
import { type Feature, MAX_ASINH, type Transform, type View } from "../../scoring/views/view.ts";
import { cosTurns } from "./cells.ts";
import type { Emitter } from "./emitter.ts";
import type { Value } from "./primitives.ts";

type TransformOf<Kind extends Transform["kind"]> = Extract<Transform, { readonly kind: Kind }>;

/** `[B, F]`, float32 numbers. */
export function viewOf(e: Emitter, rows: Value, { name, features }: View): Value {
  const parts: Value[] = [];
  for (let first = 0, end = 0; first < features.length; first = end) {
    const { kind } = features[first].transform;
    while (end < features.length && features[end].transform.kind === kind) end++;
    const own = features.slice(first, end);
    const cells = gathered(e, rows, own.map(({ column }) => column));
    parts.push(transformed(e, `${name}.${first}`, cells, own));
  }
  return e.round(e.concat(parts));
}

/** Columns of the rows, in any order, repeated as often as they are listed. */
function gathered(e: Emitter, rows: Value, columns: readonly number[]): Value {
  const parts: Value[] = [];
  for (let at = 0, end = 0; at < columns.length; at = end) {
    const isNext = (step: number) =>
      end < columns.length && columns[end] === columns[end - 1] + step;
    end = at + 1;
    const step = isNext(0) ? 0 : 1;
    while (isNext(step)) end++;
    const count = end - at, ones = new Array<number>(count).fill(1);
    const column = e.slice(rows, columns[at], step === 0 ? 1 : count);
    parts.push(step === 0 ? e.mul(column, e.row(`ones.${count}`, ones)) : column);
  }
  return e.concat(parts);
}

/** Features of one kind. */
function transformed(e: Emitter, name: string, cells: Value, features: readonly Feature[]): Value {
  const all = features.map(({ transform }) => transform);
  const row = <Kind extends Transform["kind"]>(
    of: (transform: TransformOf<Kind>) => number,
    what: string,
  ) => e.row(`${name}.${what}`, all.map((each) => of(each as TransformOf<Kind>)));
  const standard = (x: Value) =>
    e.div(
      e.sub(x, row<"cycle">(({ mean }) => mean, "mean")),
      row<"cycle">(({ deviation }) => deviation, "deviation"),
    );
  switch (all[0].kind) {
    case "arcsinh": {
      const offset = e.sub(cells, row<"arcsinh">(({ centre }) => centre, "centre"));
      return limited(
        e,
        standard(asinh(e, e.div(offset, row<"arcsinh">(({ scale }) => scale, "scale")))),
      );
    }
    case "curve": {
      const transformed = curved(
        e,
        name,
        cells,
        all.map((each) => (each as TransformOf<"curve">).curve),
      );
      return limited(e, e.sub(transformed, row<"curve">(({ mean }) => mean, "mean")));
    }
    case "point":
      return pointsOf(e, name, cells, features);
    case "cycle": {
      const turns = e.div(cells, row<"cycle">(({ period }) => period, "period"));
      return standard(cosTurns(e, e.sub(turns, row<"cycle">(({ phase }) => phase, "phase"))));
    }
  }
}

/** Coordinates of levels: an indicator of each, times those of all. */
function pointsOf(e: Emitter, name: string, cells: Value, features: readonly Feature[]): Value {
  return e.concat(features.map(({ transform }, f) => {
    const { values } = transform as TransformOf<"point">;
    const indicators = e.binary("equal", e.slice(cells, f, 1), e.places(values.length));
    const points = Float64Array.from(values);
    return e.matmul(indicators, e.table(`${name}.points${f}`, values.length, 1, points));
  }));
}

/** One curve per column. `name` identifies its numbers, which are weights. */
export function curved(e: Emitter, name: string, x: Value, curves: readonly Curve[]): Value {
  const zero = e.row("zero", [0]), knots = Math.max(...curves.map((curve) => curve.x.length));
  const row = (what: string, of: (curve: Curve) => number) =>
    e.row(`${name}.${what}`, curves.map(of));
  const from = (what: string, of: (curve: Curve) => number) => e.sub(x, row(what, of));
  const below = e.mul(e.min(from("first", (c) => c.x[0]), zero), row("below", (c) => c.slopes[0]));
  const above = e.mul(
    e.max(from("last", (c) => c.x.at(-1)!), zero),
    row("above", (c) => c.slopes[1]),
  );
  let y = e.add(e.add(below, above), row("start", (c) => c.y[0]));
  for (let k = 0; k + 1 < knots; k++) {
    // Shorter curves get pieces of zero width after their last one.
    const has = (c: Curve) => k + 1 < c.x.length, width = (c: Curve) => c.x[k + 1] - c.x[k];
    const beyondKnot = e.max(from(`x${k}`, (c) => has(c) ? c.x[k] : c.x.at(-1)!), zero);
    const within = e.min(beyondKnot, row(`width${k}`, (c) => has(c) ? width(c) : 0));
    const slope = row(`slope${k}`, (c) => has(c) ? (c.y[k + 1] - c.y[k]) / width(c) : 0);
    y = e.add(y, e.mul(within, slope));
  }
  return y;
}

/** ln(|z| + √(z² + 1)) with the sign of z; with m = max(|z|, 1), it is ln m + ln(|z|/m + √((z/m)² + m⁻²)). */
function asinh(e: Emitter, z: Value): Value {
  const one = e.row("one", [1]), minus = e.row("minus", [-1]);
  const size = e.min(e.max(z, e.mul(z, minus)), e.row("furthest", [MAX_ASINH]));
  const most = e.max(size, one), inverse = e.div(one, most), part = e.mul(size, inverse);
  const root = e.unary("sqrt", e.add(e.mul(part, part), e.mul(inverse, inverse)));
  const value = e.add(e.log(most), e.log(e.add(part, root)));
  return e.select(e.binary("less", z, e.row("zero", [0])), e.mul(value, minus), value);
}

function limited(e: Emitter, x: Value): Value {
  return e.max(e.min(x, e.row("limit", [LIMIT])), e.row("lowest", [-LIMIT]));
}
