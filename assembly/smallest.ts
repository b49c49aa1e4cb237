/**
 * Where the smallest of each row are; definition in src/ops/reductions.ts.
 *
 * First a bound: columns fall into groups, every fourth of 64 in one, and at least `count` columns are at
 * most the count-th smallest of the groups' minima; of 1,024 columns hardly more are than the few that are
 * wanted. Then all columns beside it, 16 at a time; what passes goes to its place by insertion. `count` is at most 1024.
 */
import { at, fill } from "./memory";
import { packedB } from "./workspace";

const INFINITE: f32 = Infinity as f32;

/** out [rows, count] = the columns of the smallest of x [rows, cols], the smallest first. */
export function smallestCols(out: usize, x: usize, rows: i32, cols: i32, count: i32): void {
  for (let row = 0; row < rows; row++, out += <usize>count << 2, x += <usize>cols << 2) {
    // Until columns are found their places in the output hold the minima.
    const bound = 4 * (cols / 64) < count ? INFINITE : boundOf(out, x, cols, count);
    const held = select(out, x, cols, count, bound);
    if (held < count) appendNaN(out, x, cols, held, count);
  }
}

/** The count-th smallest of the minima of groups; NaN is in none. `list` is for `count` numbers. */
function boundOf(list: usize, x: usize, cols: i32, count: i32): f32 {
  fill(list, INFINITE, count);
  let limit = INFINITE;
  for (let col = 0; col <= cols - 64; col += 64, x += 256) {
    let even = f32x4.splat(INFINITE), odd = even;
    for (let from = x; from < x + 256; from += 64) {
      even = f32x4.pmin(even, v128.load(from));
      odd = f32x4.pmin(odd, v128.load(from, 16));
      even = f32x4.pmin(even, v128.load(from, 32));
      odd = f32x4.pmin(odd, v128.load(from, 48));
    }
    const least = f32x4.pmin(even, odd);
    if (!v128.any_true(f32x4.lt(least, f32x4.splat(limit)))) continue;
    limit = lower(list, f32x4.extract_lane(least, 0), count, limit);
    limit = lower(list, f32x4.extract_lane(least, 1), count, limit);
    limit = lower(list, f32x4.extract_lane(least, 2), count, limit);
    limit = lower(list, f32x4.extract_lane(least, 3), count, limit);
  }
  return limit;
}

/** Takes a number into an ascending list, whose last is `limit`; the last then. */
function lower(list: usize, value: f32, count: i32, limit: f32): f32 {
  if (!(value < limit)) return limit;
  let to = at(list, count - 1);
  for (; to > list && load<f32>(to - 4) > value; to -= 4) store<f32>(to, load<f32>(to - 4));
  store<f32>(to, value);
  return load<f32>(at(list, count - 1));
}

/** Writes the columns of the smallest among those up to `bound`; how many there are. */
function select(out: usize, x: usize, cols: i32, count: i32, bound: f32): i32 {
  const keys = packedB();
  let held = 0, col = 0;
  for (; col <= cols - 16; col += 16) {
    const from = at(x, col), most = f32x4.splat(bound);
    const m0 = f32x4.le(v128.load(from), most), m1 = f32x4.le(v128.load(from, 16), most);
    const m2 = f32x4.le(v128.load(from, 32), most), m3 = f32x4.le(v128.load(from, 48), most);
    if (!v128.any_true(v128.or(v128.or(m0, m1), v128.or(m2, m3)))) continue;
    let found = i32x4.bitmask(m0) | (i32x4.bitmask(m1) << 4) | (i32x4.bitmask(m2) << 8) |
      (i32x4.bitmask(m3) << 12);
    for (; found; found &= found - 1) held = insert(out, keys, x, col + ctz(found), held, count);
    if (held == count) bound = load<f32>(at(keys, count - 1));
  }
  for (; col < cols; col++) {
    if (load<f32>(at(x, col)) <= bound) held = insert(out, keys, x, col, held, count);
  }
  return held;
}

/** Takes a column into the ascending list of so many; how many there are then. */
function insert(out: usize, keys: usize, x: usize, col: i32, held: i32, count: i32): i32 {
  const value = load<f32>(at(x, col));
  let i = held;
  if (held < count) held++;
  else if (value < load<f32>(at(keys, count - 1))) i = count - 1;
  else return held;
  for (; i > 0 && load<f32>(at(keys, i - 1)) > value; i--) {
    store<f32>(at(keys, i), load<f32>(at(keys, i - 1)));
    store<f32>(at(out, i), load<f32>(at(out, i - 1)));
  }
  store<f32>(at(keys, i), value);
  store<f32>(at(out, i), <f32>col);
  return held;
}

/** NaN is behind all numbers. */
function appendNaN(out: usize, x: usize, cols: i32, held: i32, count: i32): void {
  for (let col = 0; held < count; col++) {
    if (isNaN(load<f32>(at(x, col)))) store<f32>(at(out, held++), <f32>col);
  }
}
