/**
 * Gathers the elements up to the bounds, usually little more than twenty per row. They are ranked by counting instead
 * of sorting: the position of each is the number of elements before it.
 */
import { at } from "../memory";
import {
  columnsAt,
  countsAt,
  GROUP_BYTES,
  GROUP_COLUMNS,
  groupsAt,
  MAX_GATHERED,
  numbersAt,
  ranksAt,
  TILE_BYTES,
  tilesAt,
} from "./workspace_layout";

/**
 * Gathers the elements up to the bounds, one row per lane.
 * @param groups the number of groups with tiles
 * @param ids the indices of all columns, in the order of the groups
 */
export function gather(bounds: v128, groups: i32, ids: usize, count: i32): void {
  v128.store(countsAt(), i32x4.splat(0));
  const bounds1 = v128.shuffle<f32>(bounds, bounds, 1, 2, 3, 0);
  const bounds2 = v128.shuffle<f32>(bounds, bounds, 2, 3, 0, 1);
  const bounds3 = v128.shuffle<f32>(bounds, bounds, 3, 0, 1, 2);
  let tile = tilesAt();
  for (let group = 0; group < groups; group++) {
    let id = at(ids, load<i32>(at(groupsAt(), group)) * GROUP_COLUMNS);
    for (const end = tile + GROUP_BYTES; tile < end; tile += TILE_BYTES, id += 32) {
      const m0 = f32x4.le(v128.load(tile), bounds), m1 = f32x4.le(v128.load(tile, 16), bounds);
      const m2 = f32x4.le(v128.load(tile, 32), bounds1), m3 = f32x4.le(v128.load(tile, 48), bounds1);
      const m4 = f32x4.le(v128.load(tile, 64), bounds2), m5 = f32x4.le(v128.load(tile, 80), bounds2);
      const m6 = f32x4.le(v128.load(tile, 96), bounds3), m7 = f32x4.le(v128.load(tile, 112), bounds3);
      const low = bitsOf(m0, m1, m2, m3), high = bitsOf(m4, m5, m6, m7);
      for (let found = low | (high << 16); found; found &= found - 1) append(tile, ctz(found), id, count);
    }
  }
}

/** One bit per lane of four masks. */
@inline
function bitsOf(m0: v128, m1: v128, m2: v128, m3: v128): i32 {
  return i8x16.bitmask(
    i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(m0, m1), i16x8.narrow_i32x4_s(m2, m3)),
  );
}

/** Adds element `place` of a tile to the list of its row. */
@inline
function append(tile: usize, place: i32, ids: usize, count: i32): void {
  const row = ((place & 3) + (place >> 3)) & 3;
  const counter = at(countsAt(), row);
  let i = load<i32>(counter);
  if (i == MAX_GATHERED) i = shrink(row, count);
  store<i32>(counter, i + 1);
  store<i32>(at(columnsAt(row), i), load<i32>(at(ids, place & 7)));
  store<f32>(at(numbersAt(row), i), load<f32>(at(tile, place)));
}

/** Keeps the smallest `count` of a row, and returns their number. */
function shrink(row: i32, count: i32): i32 {
  const numbers = numbersAt(row), columns = columnsAt(row), ranks = ranksAt();
  rank(numbers, columns, MAX_GATHERED);
  let kept = 0;
  for (let i = 0; i < MAX_GATHERED; i++) {
    if (load<i32>(at(ranks, i)) >= count) continue;
    store<i32>(at(columns, kept), load<i32>(at(columns, i)));
    store<f32>(at(numbers, kept++), load<f32>(at(numbers, i)));
  }
  return kept;
}

/** Writes the rank of each of `total` numbers: how many are smaller, or equal with a lower column index. */
function rank(numbers: usize, columns: usize, total: i32): void {
  // Pads to whole vectors with NaN, which is before nothing.
  for (let i = total; i & 3; i++) store<f32>(at(numbers, i), NaN as f32);
  let ranks = ranksAt(), sum = i32x4.splat(0);
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
  // The ranks are 0, 1, … once each, unless some numbers are equal.
  const all = i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1);
  if (all != total * (total - 1) >> 1) rankEqual(numbers, columns, total);
}

/** Writes the permutation that sorts `count` numbers. NaN becomes infinity. */
export function sort(to: usize, numbers: usize, count: i32): void {
  const places = tilesAt();
  for (let i = 0; i < count; i++) {
    const value = load<f32>(at(numbers, i));
    store<f32>(at(numbers, i), value == value ? value : Infinity as f32);
    store<i32>(at(places, i), i);
  }
  rank(numbers, places, count);
  for (let i = 0; i < count; i++) store<i32>(at(to, load<i32>(at(ranksAt(), i))), i);
}

/** Adds to each rank the number of equal elements with a lower column index. */
function rankEqual(numbers: usize, columns: usize, total: i32): void {
  const toColumns = columns - numbers, end = at(numbers, total);
  let ranks = ranksAt();
  for (let own = numbers; own < end; own += 16, ranks += 16) {
    const values = v128.load(own), ids = v128.load(own + toColumns);
    let before = v128.load(ranks);
    for (let other = numbers; other < end; other += 4) {
      const isEqual = f32x4.eq(v128.load32_splat(other), values);
      const isFirst = i32x4.lt_s(v128.load32_splat(other + toColumns), ids);
      before = i32x4.sub(before, v128.and(isEqual, isFirst));
    }
    v128.store(ranks, before);
  }
}

/** Writes the columns of the `count` smallest of a row. Returns whether there are that many. */
export function finish(out: usize, row: i32, count: i32): bool {
  const columns = columnsAt(row), gathered = load<i32>(at(countsAt(), row)), ranks = ranksAt();
  rank(numbersAt(row), columns, gathered);
  for (let i = 0; i < gathered; i++) {
    const place = load<i32>(at(ranks, i));
    if (place < count) store<f32>(at(out, place), <f32>load<i32>(at(columns, i)));
  }
  return gathered >= count;
}
