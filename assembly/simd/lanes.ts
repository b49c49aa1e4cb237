/**
 * The first 1, 2 or 3 of four lanes, for the ends of rows: never touches memory beyond them. A tail
 * so loaded goes through the same vector function as the body, so no result depends on its position.
 */

/** Lanes 0 … count-1 from memory; the others are zero. */
export function loadLanes(pointer: usize, count: i32): v128 {
  if (count == 1) return v128.load32_zero(pointer);
  const pair = v128.load64_zero(pointer);
  return count == 2 ? pair : v128.load32_lane(pointer, pair, 2, 8);
}

export function storeLanes(pointer: usize, value: v128, count: i32): void {
  if (count == 1) return v128.store32_lane(pointer, value, 0);
  v128.store64_lane(pointer, value, 0);
  if (count == 3) v128.store32_lane(pointer, value, 2, 8);
}
