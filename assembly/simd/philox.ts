/**
 * Philox 4x32-10 (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011), four counters at a
 * time: lane i of the vectors x0 … x3 is the block of counter i.
 *
 * A round: (x0, x1, x2, x3) → (high(M1·x2) ^ x1 ^ k0, low(M1·x2), high(M0·x0) ^ x3 ^ k1, low(M0·x0)), then k0 += W0, k1
 * += W1. The caller runs `PHILOX_ROUNDS` rounds. Integers only, so exact.
 */

export const PHILOX_ROUNDS: i32 = 10;
export const PHILOX_M0 = memory.data<u32>([0xd2511f53], 4);
export const PHILOX_M1 = memory.data<u32>([0xcd9e8d57], 4);
export const PHILOX_W0 = memory.data<u32>([0x9e3779b9], 4); // golden ratio
export const PHILOX_W1 = memory.data<u32>([0xbb67ae85], 4); // √3 - 1

/** Products of lanes 0 and 1, as two 64-bit lanes. */
@inline
export function productsLow(x: v128, multiplier: v128): v128 {
  return i64x2.extmul_low_i32x4_u(x, multiplier);
}

/** Products of lanes 2 and 3, as two 64-bit lanes. */
@inline
export function productsHigh(x: v128, multiplier: v128): v128 {
  return i64x2.extmul_high_i32x4_u(x, multiplier);
}

/** The low words of four 64-bit lanes. */
@inline
export function lowWords(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

/** The high words of four 64-bit lanes. */
@inline
export function highWords(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7);
}
