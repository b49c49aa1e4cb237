/**
 * Computes a bound for each of four rows. A group has 32 columns, every fourth in the same lane, and its lane minima
 * are kept (search.ts). The four smallest minima of each lane, 16 per row, are sorted lane by lane. The one at position
 * BOUNDED is a bound that at least that many columns do not exceed, and of 1,024 columns few more than twenty.
 */
import { minimaAt, sortedAt } from "./workspace_layout";

/** Number of columns that a bound guarantees. */
const BOUNDED: i32 = 11;

/**
 * The bounds, one row per lane: values that at least BOUNDED elements of the row, within these groups, do not exceed.
 * Infinite if there are too few groups.
 */
export function boundsOf(groups: i32): v128 {
  for (let vector: usize = 0; vector < 64; vector += 16) sortMinima(vector, groups);
  const from = sortedAt();
  // Vector r has row (j + r) mod 4 in lane j: rotate back to one row per lane.
  const b1 = v128.load(from, 64), b2 = v128.load(from, 80), b3 = v128.load(from, 96), b4 = v128.load(from, 112);
  merge(
    from,
    v128.load(from), v128.load(from, 16), v128.load(from, 32), v128.load(from, 48),
    v128.shuffle<f32>(b1, b1, 3, 0, 1, 2), v128.shuffle<f32>(b2, b2, 3, 0, 1, 2),
    v128.shuffle<f32>(b3, b3, 3, 0, 1, 2), v128.shuffle<f32>(b4, b4, 3, 0, 1, 2),
  );
  const c1 = v128.load(from, 128), c2 = v128.load(from, 144), c3 = v128.load(from, 160), c4 = v128.load(from, 176);
  const d1 = v128.load(from, 192), d2 = v128.load(from, 208), d3 = v128.load(from, 224), d4 = v128.load(from, 240);
  merge(
    from + 128,
    v128.shuffle<f32>(c1, c1, 2, 3, 0, 1), v128.shuffle<f32>(c2, c2, 2, 3, 0, 1),
    v128.shuffle<f32>(c3, c3, 2, 3, 0, 1), v128.shuffle<f32>(c4, c4, 2, 3, 0, 1),
    v128.shuffle<f32>(d1, d1, 1, 2, 3, 0), v128.shuffle<f32>(d2, d2, 1, 2, 3, 0),
    v128.shuffle<f32>(d3, d3, 1, 2, 3, 0), v128.shuffle<f32>(d4, d4, 1, 2, 3, 0),
  );
  // The n-th of two ascending lists together: the minimum of max(x_i, y_(n - i)).
  let bound = f32x4.splat(Infinity as f32);
  for (let i = BOUNDED - 8; i <= 8; i++) {
    const x = v128.load(from + (<usize>(i - 1) << 4)), y = v128.load(from + (<usize>(BOUNDED - i - 1) << 4), 128);
    bound = f32x4.pmin(bound, f32x4.pmax(x, y));
  }
  return bound;
}

/** Writes the four smallest minima of each lane of a vector, in ascending order. */
function sortMinima(vector: usize, groups: i32): void {
  const infinite = f32x4.splat(Infinity as f32);
  let first = infinite, second = infinite, third = infinite, fourth = infinite;
  let from = minimaAt() + vector;
  for (let i = 0; i < groups; i++, from += 64) {
    const value = v128.load(from), a = f32x4.pmax(first, value);
    first = f32x4.pmin(first, value);
    const b = f32x4.pmax(second, a);
    second = f32x4.pmin(second, a);
    fourth = f32x4.pmin(fourth, f32x4.pmax(third, b));
    third = f32x4.pmin(third, b);
  }
  const to = sortedAt() + (vector << 2);
  v128.store(to, first);
  v128.store(to, second, 16);
  v128.store(to, third, 32);
  v128.store(to, fourth, 48);
}

/** Merges two ascending lists of four into one of eight, lane by lane (Batcher's bitonic merge). */
function merge(to: usize, a1: v128, a2: v128, a3: v128, a4: v128, b1: v128, b2: v128, b3: v128, b4: v128): void {
  sortBitonic(to, f32x4.pmin(a1, b4), f32x4.pmin(a2, b3), f32x4.pmin(a3, b2), f32x4.pmin(a4, b1));
  sortBitonic(to + 64, f32x4.pmax(a1, b4), f32x4.pmax(a2, b3), f32x4.pmax(a3, b2), f32x4.pmax(a4, b1));
}

@inline
function sortBitonic(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const e = f32x4.pmin(a, c), f = f32x4.pmin(b, d), g = f32x4.pmax(a, c), h = f32x4.pmax(b, d);
  v128.store(to, f32x4.pmin(e, f));
  v128.store(to, f32x4.pmax(e, f), 16);
  v128.store(to, f32x4.pmin(g, h), 32);
  v128.store(to, f32x4.pmax(g, h), 48);
}

