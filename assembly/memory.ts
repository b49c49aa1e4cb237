/**
 * Addresses, and vectors at the end of a row. A row of n float32 is ⌊n / 4⌋ vectors and a tail of n mod 4 elements.
 * Kernels never touch memory outside the tensors that they are given.
 */

/** Address of element `index` of a float32 array. */
@inline
export function at(base: usize, index: i32): usize {
  return base + (<usize>index << 2);
}

/**
 * The float32 at a constant address, in all lanes. Coefficients are kept in memory because, once registers run out, V8
 * rebuilds a vector constant at each use with three instructions. A load from a constant address is one, without a
 * bounds check.
 */
@inline
export function constant(address: usize): v128 {
  return v128.load32_splat(address);
}

export const ONE = memory.data<u32>([0x3f800000], 4); // 1
export const MINUS_HALF = memory.data<u32>([0xbf000000], 4); // -0.5
export const HALF = memory.data<u32>([0x3f000000], 4); // 0.5

/** The `count` (0 to 3) elements at `from`; the other lanes come from `rest`. */
@inline
export function loadTail(from: usize, count: i32, rest: v128): v128 {
  let lanes = rest;
  if (count > 0) lanes = v128.load_lane<f32>(from, lanes, 0);
  if (count > 1) lanes = v128.load_lane<f32>(from, lanes, 1, 4);
  if (count > 2) lanes = v128.load_lane<f32>(from, lanes, 2, 8);
  return lanes;
}

/** Stores the first `count` (0 to 3) lanes. */
@inline
export function storeTail(to: usize, lanes: v128, count: i32): void {
  if (count > 0) v128.store_lane<f32>(to, lanes, 0);
  if (count > 1) v128.store_lane<f32>(to, lanes, 1, 4);
  if (count > 2) v128.store_lane<f32>(to, lanes, 2, 8);
}

/** The `lanes` (4, or 1 to 3) elements at `from`, then zeros. */
@inline
export function loadLanes(from: usize, lanes: i32): v128 {
  return lanes == 4 ? v128.load(from) : loadTail(from, lanes, f32x4.splat(0));
}

/** Stores the first `lanes` (4, or 1 to 3) lanes. */
@inline
export function storeLanes(to: usize, value: v128, lanes: i32): void {
  if (lanes == 4) v128.store(to, value);
  else storeTail(to, value, lanes);
}

/** Below this many elements the call behind memory.copy costs more than a loop. */
const BULK: i32 = 64;

/** Copies `count` elements; the two ranges must not overlap. */
@inline
export function copy(to: usize, from: usize, count: i32): void {
  if (count >= BULK) memory.copy(to, from, <usize>count << 2);
  else copyFew(to, from, count);
}

function copyFew(to: usize, from: usize, count: i32): void {
  let i = 0;
  for (; i <= count - 4; i += 4) v128.store(at(to, i), v128.load(at(from, i)));
  for (; i < count; i++) store<f32>(at(to, i), load<f32>(at(from, i)));
}

/** Sets `count` elements to `value`. */
export function fill(to: usize, value: f32, count: i32): void {
  const lanes = f32x4.splat(value);
  let i = 0;
  for (; i <= count - 4; i += 4) v128.store(at(to, i), lanes);
  for (; i < count; i++) store<f32>(at(to, i), value);
}
