/**
 * Where the smallest of x · W + b are, row by row: `dense` and `smallestCols` in one, with the bits of both, and
 * without the product in memory. What a row has to do with all references (`scoring/ensemble/members.ts`) is
 * a product of short sums and many columns, which takes less time than writing it and reading it twice.
 *
 * Four rows at a time, as they leave `tile.ts`'s loop, a tile of 4 × 8 being eight vectors in this order:
 *
 *   vector 2r + h, lane j    row (j + r) mod 4, column 4h + j of the tile
 *
 * First a bound for each row, as in `smallest.ts`: every fourth of 64 columns is in one of its groups, three
 * minima are kept of each four groups in a lane. What is up to the bound, hardly more than twenty, is
 * gathered; its order is then counted, not sorted: the place of each is how many come before it.
 */
import { at } from "./memory";
import { packPanel } from "./matmul/pack";
import { sweepRows } from "./matmul/rows";
import { FORMAT_MATRIX } from "./opcodes.gen";
import { madd } from "./simd/fma";
import { smallestCols } from "./smallest";
import { packedA, packedB } from "./workspace";

/** Bytes of a tile. */
const TILE: usize = 128;
/** What passes the bound is gathered up to this; the smallest of it then make room. */
const MOST: i32 = 128;

// In the place of packed A: the tiles of four rows, which leave the rest to what is below.
const ROWS_PACKED: usize = 32 * 1024;
const NUMBERS: usize = ROWS_PACKED + 4 * 1024;
const COLUMNS: usize = NUMBERS + 4 * 4 * MOST;
const RANKS: usize = COLUMNS + 4 * 4 * MOST;
const HELD: usize = RANKS + 4 * MOST;
const MINIMA: usize = HELD + 16;
const SORTED: usize = MINIMA + 33 * 64;

/** Columns that a bound is for: more are found without one. */
const BOUNDED: i32 = 11;

/** out [rows, count] = the columns of the smallest of x [rows, inner] · weight [inner, cols] + bias [1, cols]. */
export function smallestDense(
  out: usize,
  rows: i32,
  count: i32,
  x: usize,
  inner: i32,
  weight: usize,
  bias: usize,
  cols: i32,
): void {
  let row = 0;
  if (rows >= 4) packColumns(weight, bias, inner, cols);
  for (; row <= rows - 4; row += 4) {
    packPanel(packedA() + ROWS_PACKED, 4, at(x, row * inner), inner, 1, 4, inner);
    tiles(inner, cols);
    gather(count > BOUNDED ? f32x4.splat(Infinity as f32) : boundsOf(cols), cols, count);
    for (let i = 0; i < 4; i++) finish(at(out, (row + i) * count), i, cols, count);
  }
  for (; row < rows; row++) {
    const to = packedA(), from = at(x, row * inner);
    sweepRows(to, cols, 1, cols, inner, from, inner, 1, weight, cols, FORMAT_MATRIX, bias, false);
    smallestCols(at(out, row * count), to, 1, cols, count);
  }
}

/** Packs W panel by panel, the bias before the first step; columns that do not exist are never near. */
function packColumns(weight: usize, bias: usize, inner: i32, cols: i32): void {
  const stride = (<usize>inner << 5) + 32;
  let to = packedB();
  for (let col = 0; col < cols; col += 8, to += stride) {
    const width = min(cols - col, 8);
    for (let j = 0; j < 8; j++) {
      store<f32>(at(to, j), j < width ? load<f32>(at(bias, col + j)) : NaN as f32);
    }
    packPanel(to + 32, 8, at(weight, col), 1, cols, width, inner);
  }
}

/** All tiles of the four rows that are packed, and the minima of their groups. */
function tiles(inner: i32, cols: i32): void {
  const end = packedA() + <usize>((cols + 7) >> 3) * TILE;
  let panel = packedB(), minima = packedA() + MINIMA;
  for (let to = packedA(); to < end; to += 8 * TILE, minima += 64) {
    panel = group(to, min(to + 8 * TILE, end), panel, inner, minima);
  }
}

/**
 * The tiles of a group; where the next panel begins. Each number is one chain over k in ascending order, then the bias.
 * @param minima of each lane of vectors 2r and 2r + 1, NaN left out
 */
function group(to: usize, end: usize, panel: usize, depth: i32, minima: usize): usize {
  const rows = packedA() + ROWS_PACKED, rowsEnd = rows + (<usize>depth << 4);
  let m0 = f32x4.splat(Infinity as f32), m1 = m0, m2 = m0, m3 = m0;
  for (; to < end; to += TILE) {
    let d0 = f32x4.splat(0), d1 = d0, d2 = d0, d3 = d0, e0 = d0, e1 = d0, e2 = d0, e3 = d0;
    const biasLeft = v128.load(panel), biasRight = v128.load(panel, 16);
    let a = rows;
    panel += 32;
    do {
      const lanes = v128.load(a), left = v128.load(panel), right = v128.load(panel, 16);
      d0 = madd(lanes, left, d0);
      e0 = madd(lanes, right, e0);
      const rotated1 = v128.shuffle<f32>(lanes, lanes, 1, 2, 3, 0);
      d1 = madd(rotated1, left, d1);
      e1 = madd(rotated1, right, e1);
      const rotated2 = v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1);
      d2 = madd(rotated2, left, d2);
      e2 = madd(rotated2, right, e2);
      const rotated3 = v128.shuffle<f32>(lanes, lanes, 3, 0, 1, 2);
      d3 = madd(rotated3, left, d3);
      e3 = madd(rotated3, right, e3);
      a += 16;
      panel += 32;
    } while (a < rowsEnd);
    m0 = put(to, f32x4.add(d0, biasLeft), f32x4.add(e0, biasRight), m0);
    m1 = put(to + 32, f32x4.add(d1, biasLeft), f32x4.add(e1, biasRight), m1);
    m2 = put(to + 64, f32x4.add(d2, biasLeft), f32x4.add(e2, biasRight), m2);
    m3 = put(to + 96, f32x4.add(d3, biasLeft), f32x4.add(e3, biasRight), m3);
  }
  v128.store(minima, m0);
  v128.store(minima, m1, 16);
  v128.store(minima, m2, 32);
  v128.store(minima, m3, 48);
  return panel;
}

/** Writes two vectors; the smaller of each lane and of what was smallest. */
@inline
function put(to: usize, left: v128, right: v128, least: v128): v128 {
  v128.store(to, left);
  v128.store(to, right, 16);
  return f32x4.pmin(f32x4.pmin(least, left), right);
}

/**
 * Of each row, a lane: what at least BOUNDED of its numbers are at most; infinite for few columns. Of the four
 * smallest minima of each lane, 16 a row, it is number BOUNDED.
 */
function boundsOf(cols: i32): v128 {
  const groups = cols >> 6;
  for (let vector: usize = 0; vector < 64; vector += 16) sortMinima(vector, groups);
  const from = packedA() + SORTED;
  // Vector r has row (j + r) mod 4 in lane j: back to one row a lane.
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
  // Number n of two ascending lists together: the least of max(x_i, y_(n - i)).
  let bound = f32x4.splat(Infinity as f32);
  for (let i = BOUNDED - 8; i <= 8; i++) {
    const x = v128.load(from + (<usize>(i - 1) << 4)), y = v128.load(from + (<usize>(BOUNDED - i - 1) << 4), 128);
    bound = f32x4.pmin(bound, f32x4.pmax(x, y));
  }
  return bound;
}

/** Writes the four smallest minima of each lane of a vector, in order. */
function sortMinima(vector: usize, groups: i32): void {
  const infinite = f32x4.splat(Infinity as f32);
  let first = infinite, second = infinite, third = infinite, fourth = infinite;
  let from = packedA() + MINIMA + vector;
  for (let i = 0; i < groups; i++, from += 64) {
    const value = v128.load(from), a = f32x4.pmax(first, value);
    first = f32x4.pmin(first, value);
    const b = f32x4.pmax(second, a);
    second = f32x4.pmin(second, a);
    fourth = f32x4.pmin(fourth, f32x4.pmax(third, b));
    third = f32x4.pmin(third, b);
  }
  const to = packedA() + SORTED + (vector << 2);
  v128.store(to, first);
  v128.store(to, second, 16);
  v128.store(to, third, 32);
  v128.store(to, fourth, 48);
}

/** Writes two ascending lists of four as one of eight, lane by lane (Batcher's bitonic merge). */
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

/** Gathers what is up to the bounds, a lane for each row. */
function gather(bounds: v128, cols: i32, count: i32): void {
  const held = packedA() + HELD;
  v128.store(held, i32x4.splat(0));
  const bounds1 = v128.shuffle<f32>(bounds, bounds, 1, 2, 3, 0);
  const bounds2 = v128.shuffle<f32>(bounds, bounds, 2, 3, 0, 1);
  const bounds3 = v128.shuffle<f32>(bounds, bounds, 3, 0, 1, 2);
  let from = packedA();
  for (let col = 0; col < cols; col += 8, from += TILE) {
    const m0 = f32x4.le(v128.load(from), bounds), m1 = f32x4.le(v128.load(from, 16), bounds);
    const m2 = f32x4.le(v128.load(from, 32), bounds1), m3 = f32x4.le(v128.load(from, 48), bounds1);
    const m4 = f32x4.le(v128.load(from, 64), bounds2), m5 = f32x4.le(v128.load(from, 80), bounds2);
    const m6 = f32x4.le(v128.load(from, 96), bounds3), m7 = f32x4.le(v128.load(from, 112), bounds3);
    const low = bitsOf(m0, m1, m2, m3), high = bitsOf(m4, m5, m6, m7);
    for (let found = low | (high << 16); found; found &= found - 1) take(from, ctz(found), col, count);
  }
}

/** A bit for each lane of four masks. */
@inline
function bitsOf(m0: v128, m1: v128, m2: v128, m3: v128): i32 {
  return i8x16.bitmask(
    i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(m0, m1), i16x8.narrow_i32x4_s(m2, m3)),
  );
}

/** Takes number `place` of the tile at `from` to those of its row. */
@inline
function take(from: usize, place: i32, col: i32, count: i32): void {
  const row = ((place & 3) + (place >> 3)) & 3;
  const held = packedA() + HELD + (<usize>row << 2);
  let i = load<i32>(held);
  if (i == MOST) i = shrink(row, count);
  store<i32>(held, i + 1);
  const to = packedA() + <usize>(row * MOST + i << 2);
  store<i32>(to, col + (place & 7), COLUMNS);
  store<f32>(to, load<f32>(at(from, place)), NUMBERS);
}

/** Keeps the smallest `count` of a row; how many these are. */
function shrink(row: i32, count: i32): i32 {
  const numbers = packedA() + NUMBERS + <usize>row * 4 * MOST;
  const columns = packedA() + COLUMNS + <usize>row * 4 * MOST, ranks = packedA() + RANKS;
  rank(numbers, columns, MOST);
  let kept = 0;
  for (let i = 0; i < MOST; i++) {
    if (load<i32>(at(ranks, i)) >= count) continue;
    store<i32>(at(columns, kept), load<i32>(at(columns, i)));
    store<f32>(at(numbers, kept++), load<f32>(at(numbers, i)));
  }
  return kept;
}

/** Writes how many of `total` numbers come before each: smaller ones, and equal ones of columns before its own. */
function rank(numbers: usize, columns: usize, total: i32): void {
  // Up to a whole number of vectors: NaN is before nothing.
  for (let i = total; i & 3; i++) store<f32>(at(numbers, i), NaN as f32);
  let ranks = packedA() + RANKS, sum = i32x4.splat(0);
  const end = at(numbers, total);
  for (let own = numbers; own < end; own += 16, ranks += 16) {
    const values = v128.load(own);
    let before = i32x4.splat(0);
    for (let other = numbers; other < end; other += 4) {
      before = i32x4.sub(before, f32x4.lt(v128.load32_splat(other), values));
    }
    v128.store(ranks, before);
    sum = i32x4.add(sum, before);
  }
  sum = i32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
  // 0, 1, … once each, unless some are equal.
  const all = i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1);
  if (all != total * (total - 1) >> 1) rankEqual(numbers, columns, total);
}

/** Adds the equal ones of columns before its own to the rank of each. */
function rankEqual(numbers: usize, columns: usize, total: i32): void {
  const ranks = packedA() + RANKS;
  for (let i = 0; i < total; i++) {
    const value = load<f32>(at(numbers, i)), column = load<i32>(at(columns, i));
    let place = load<i32>(at(ranks, i));
    for (let j = 0; j < total; j++) {
      if (load<f32>(at(numbers, j)) == value && load<i32>(at(columns, j)) < column) place++;
    }
    store<i32>(at(ranks, i), place);
  }
}

/** Writes the columns of the smallest of a row. */
function finish(out: usize, row: i32, cols: i32, count: i32): void {
  const numbers = packedA() + NUMBERS + <usize>row * 4 * MOST;
  const columns = packedA() + COLUMNS + <usize>row * 4 * MOST;
  const held = load<i32>(packedA() + HELD + (<usize>row << 2)), ranks = packedA() + RANKS;
  rank(numbers, columns, held);
  for (let i = 0; i < held; i++) {
    const place = load<i32>(at(ranks, i));
    if (place < count) store<f32>(at(out, place), <f32>load<i32>(at(columns, i)));
  }
  // NaN is behind all numbers.
  for (let col = 0, place = held; place < count; col++) {
    const lane = col & 3, vector = (((row - lane) & 3) << 1) | ((col >> 2) & 1);
    const value = load<f32>(packedA() + <usize>(col >> 3) * TILE + <usize>(vector << 4) + (<usize>lane << 2));
    if (isNaN(value)) store<f32>(at(out, place++), <f32>col);
  }
}
