/**
 * The columns of the smallest elements of each row; definition in src/ops/reductions.ts.
 *
 * First computes an upper bound. Every fourth of 64 columns forms a group, one per lane, and each lane keeps the three
 * smallest minima of its groups, without branches. The largest of these twelve is a bound that at least twelve columns
 * do not exceed, and of 1,024 columns few more than twenty. Then all columns are compared with it, 16 at a time, and
 * those that pass are inserted into a sorted list. If `count` exceeds twelve, no bound is used. `count` is at most
 * 1024.
 */
import { at } from "./memory";
import { packedB } from "./workspace";

const INFINITE: f32 = Infinity as f32;

/** Number of elements that a bound guarantees: three per lane. */
export const BOUNDED: i32 = 12;

/** out [rows, count] = the columns of the smallest elements of x [rows, cols], in ascending order. */
export function smallestCols(out: usize, x: usize, rows: i32, cols: i32, count: i32): void {
  for (let row = 0; row < rows; row++, out += <usize>count << 2, x += <usize>cols << 2) {
    const bound = count > BOUNDED ? INFINITE : boundOf(x, cols);
    const length = select(out, x, cols, count, bound);
    if (length < count) appendNaN(out, x, cols, length, count);
  }
}

/** An upper bound of at least BOUNDED elements of a row; infinite for a short row. Group minima ignore NaN. */
function boundOf(x: usize, cols: i32): f32 {
  const infinite = f32x4.splat(INFINITE);
  let first = infinite, second = infinite, third = infinite;
  for (let col = 0; col <= cols - 64; col += 64, x += 256) {
    let even = infinite, odd = infinite;
    for (let from = x; from < x + 256; from += 64) {
      even = f32x4.pmin(even, v128.load(from));
      odd = f32x4.pmin(odd, v128.load(from, 16));
      even = f32x4.pmin(even, v128.load(from, 32));
      odd = f32x4.pmin(odd, v128.load(from, 48));
    }
    const least = f32x4.pmin(even, odd);
    const rest = f32x4.pmax(first, least);
    first = f32x4.pmin(first, least);
    third = f32x4.pmin(third, f32x4.pmax(second, rest));
    second = f32x4.pmin(second, rest);
  }
  return max(
    max(f32x4.extract_lane(third, 0), f32x4.extract_lane(third, 1)),
    max(f32x4.extract_lane(third, 2), f32x4.extract_lane(third, 3)),
  );
}

/** Writes the columns of the smallest elements up to `bound`, and returns their number. */
function select(out: usize, x: usize, cols: i32, count: i32, bound: f32): i32 {
  const keys = packedB();
  let length = 0, col = 0;
  for (; col <= cols - 16; col += 16) {
    const from = at(x, col), limit = f32x4.splat(bound);
    const m0 = f32x4.le(v128.load(from), limit), m1 = f32x4.le(v128.load(from, 16), limit);
    const m2 = f32x4.le(v128.load(from, 32), limit), m3 = f32x4.le(v128.load(from, 48), limit);
    if (!v128.any_true(v128.or(v128.or(m0, m1), v128.or(m2, m3)))) continue;
    let found = i32x4.bitmask(m0) | (i32x4.bitmask(m1) << 4) | (i32x4.bitmask(m2) << 8) |
      (i32x4.bitmask(m3) << 12);
    for (; found; found &= found - 1) length = insert(out, keys, x, col + ctz(found), length, count);
    if (length == count) bound = load<f32>(at(keys, count - 1));
  }
  for (; col < cols; col++) {
    if (load<f32>(at(x, col)) <= bound) length = insert(out, keys, x, col, length, count);
  }
  return length;
}

/** Inserts a column into the ascending list of `length` columns, and returns the new length. */
function insert(out: usize, keys: usize, x: usize, col: i32, length: i32, count: i32): i32 {
  const value = load<f32>(at(x, col));
  let i = length;
  if (length < count) length++;
  else if (value < load<f32>(at(keys, count - 1))) i = count - 1;
  else return length;
  for (; i > 0 && load<f32>(at(keys, i - 1)) > value; i--) {
    store<f32>(at(keys, i), load<f32>(at(keys, i - 1)));
    store<f32>(at(out, i), load<f32>(at(out, i - 1)));
  }
  store<f32>(at(keys, i), value);
  store<f32>(at(out, i), <f32>col);
  return length;
}

/** Appends NaN columns: NaN sorts after all numbers. */
function appendNaN(out: usize, x: usize, cols: i32, length: i32, count: i32): void {
  for (let col = 0; length < count; col++) {
    if (isNaN(load<f32>(at(x, col)))) store<f32>(at(out, length++), <f32>col);
  }
}
