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
import { BOUNDED, smallestCols } from "./smallest";
import { packedA, packedB } from "./workspace";

/** Bytes of a tile. */
const TILE: usize = 128;
/** Columns of a group. */
const GROUP: i32 = 64;
/** What passes the bound is gathered up to this; the smallest of it then make room. */
const MOST: i32 = 128;

// In the place of packed A: the tiles of four rows, which leave the rest to what is below.
const ROWS_PACKED: usize = 32 * 1024;
const NUMBERS: usize = ROWS_PACKED + 4 * 1024;
const COLUMNS: usize = NUMBERS + 4 * 4 * MOST;
const RANKS: usize = COLUMNS + 4 * 4 * MOST;
const HELD: usize = RANKS + 4 * MOST;

// Lanes from one on, and up to one.
const FROM_1: v128 = i32x4(0, -1, -1, -1), FROM_2: v128 = i32x4(0, 0, -1, -1), FROM_3: v128 = i32x4(0, 0, 0, -1);
const UP_TO_0: v128 = i32x4(-1, 0, 0, 0), UP_TO_1: v128 = i32x4(-1, -1, 0, 0), UP_TO_2: v128 = i32x4(-1, -1, -1, 0);

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

/** All tiles of the four rows that are packed. */
function tiles(inner: i32, cols: i32): void {
  const a = packedA() + ROWS_PACKED, end = packedA() + <usize>((cols + 7) >> 3) * TILE;
  let panel = packedB();
  for (let to = packedA(); to < end; to += TILE) panel = tile(to, a, panel, inner);
}

/** One tile; where the next panel begins. Each number is one chain over k in ascending order, then the bias. */
@inline
function tile(to: usize, a: usize, panel: usize, depth: i32): usize {
  let d0 = f32x4.splat(0), d1 = d0, d2 = d0, d3 = d0, e0 = d0, e1 = d0, e2 = d0, e3 = d0;
  const end = a + (<usize>depth << 4);
  let b = panel + 32;
  do {
    const lanes = v128.load(a), left = v128.load(b), right = v128.load(b, 16);
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
    b += 32;
  } while (a < end);
  const biasLeft = v128.load(panel), biasRight = v128.load(panel, 16);
  v128.store(to, f32x4.add(d0, biasLeft));
  v128.store(to, f32x4.add(e0, biasRight), 16);
  v128.store(to, f32x4.add(d1, biasLeft), 32);
  v128.store(to, f32x4.add(e1, biasRight), 48);
  v128.store(to, f32x4.add(d2, biasLeft), 64);
  v128.store(to, f32x4.add(e2, biasRight), 80);
  v128.store(to, f32x4.add(d3, biasLeft), 96);
  v128.store(to, f32x4.add(e3, biasRight), 112);
  return b;
}

/** Of each row, a lane: what at least BOUNDED of its numbers are at most; infinite for few columns. */
function boundsOf(cols: i32): v128 {
  const b0 = thirdsOf(0, cols), b1 = thirdsOf(32, cols), b2 = thirdsOf(64, cols), b3 = thirdsOf(96, cols);
  // Vector r has row (j + r) mod 4 in lane j: back to one row a lane.
  const even = f32x4.pmax(b0, v128.shuffle<f32>(b2, b2, 2, 3, 0, 1));
  const odd = f32x4.pmax(v128.shuffle<f32>(b1, b1, 3, 0, 1, 2), v128.shuffle<f32>(b3, b3, 1, 2, 3, 0));
  return f32x4.pmax(even, odd);
}

/** The third smallest minimum of a group in each lane of the two vectors `at` so many bytes of every tile. */
function thirdsOf(vector: usize, cols: i32): v128 {
  const infinite = f32x4.splat(Infinity as f32);
  let first = infinite, second = infinite, third = infinite, from = packedA() + vector;
  for (let col = 0; col <= cols - GROUP; col += GROUP) {
    let even = infinite, odd = infinite;
    for (const end = from + 8 * TILE; from < end; from += 2 * TILE) {
      even = f32x4.pmin(even, v128.load(from));
      odd = f32x4.pmin(odd, v128.load(from, 16));
      even = f32x4.pmin(even, v128.load(from, TILE));
      odd = f32x4.pmin(odd, v128.load(from, TILE + 16));
    }
    const least = f32x4.pmin(even, odd), rest = f32x4.pmax(first, least);
    first = f32x4.pmin(first, least);
    third = f32x4.pmin(third, f32x4.pmax(second, rest));
    second = f32x4.pmin(second, rest);
  }
  return third;
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

/** Takes number `place` of the tile at `from` to those of its row, which are in the order of their columns. */
function take(from: usize, place: i32, col: i32, count: i32): void {
  const lane = place & 3, row = (lane + (place >> 3)) & 3;
  const held = packedA() + HELD + (<usize>row << 2);
  const numbers = packedA() + NUMBERS + <usize>row * 4 * MOST;
  const columns = packedA() + COLUMNS + <usize>row * 4 * MOST;
  if (load<i32>(held) == MOST) shrink(held, numbers, columns, count);
  let i = load<i32>(held);
  store<i32>(held, i + 1);
  col += (place & 4) | lane;
  // Within half a tile their order depends on the row.
  for (; i > 0 && load<i32>(at(columns, i - 1)) > col; i--) {
    store<i32>(at(columns, i), load<i32>(at(columns, i - 1)));
    store<f32>(at(numbers, i), load<f32>(at(numbers, i - 1)));
  }
  store<i32>(at(columns, i), col);
  store<f32>(at(numbers, i), load<f32>(at(from, place)));
}

/** Keeps the smallest `count`. */
function shrink(held: usize, numbers: usize, columns: usize, count: i32): void {
  const total = load<i32>(held), ranks = packedA() + RANKS;
  rank(numbers, total);
  let kept = 0;
  for (let i = 0; i < total; i++) {
    if (load<i32>(at(ranks, i)) >= count) continue;
    store<i32>(at(columns, kept), load<i32>(at(columns, i)));
    store<f32>(at(numbers, kept++), load<f32>(at(numbers, i)));
  }
  store<i32>(held, kept);
}

/** Writes how many of `total` numbers come before each: smaller ones, and equal ones that are before it. */
function rank(numbers: usize, total: i32): void {
  // Up to a whole number of vectors: NaN is before nothing.
  for (let i = total; i & 3; i++) store<f32>(at(numbers, i), NaN as f32);
  let ranks = packedA() + RANKS;
  const end = at(numbers, total);
  for (let own = numbers; own < end; own += 16, ranks += 16) {
    const values = v128.load(own);
    let before = i32x4.splat(0), other = numbers;
    for (; other < own; other += 4) {
      before = i32x4.sub(before, f32x4.le(v128.load32_splat(other), values));
    }
    before = i32x4.sub(before, v128.and(f32x4.le(v128.load32_splat(own), values), FROM_1));
    before = i32x4.sub(before, v128.and(f32x4.le(v128.load32_splat(own, 4), values), FROM_2));
    before = i32x4.sub(before, v128.and(f32x4.le(v128.load32_splat(own, 8), values), FROM_3));
    before = i32x4.sub(before, v128.and(f32x4.lt(v128.load32_splat(own, 4), values), UP_TO_0));
    before = i32x4.sub(before, v128.and(f32x4.lt(v128.load32_splat(own, 8), values), UP_TO_1));
    before = i32x4.sub(before, v128.and(f32x4.lt(v128.load32_splat(own, 12), values), UP_TO_2));
    for (other = own + 16; other < end; other += 4) {
      before = i32x4.sub(before, f32x4.lt(v128.load32_splat(other), values));
    }
    v128.store(ranks, before);
  }
}

/** Writes the columns of the smallest of a row. */
function finish(out: usize, row: i32, cols: i32, count: i32): void {
  const numbers = packedA() + NUMBERS + <usize>row * 4 * MOST;
  const columns = packedA() + COLUMNS + <usize>row * 4 * MOST;
  const held = load<i32>(packedA() + HELD + (<usize>row << 2)), ranks = packedA() + RANKS;
  rank(numbers, held);
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
