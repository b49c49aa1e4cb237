/**
 * Block sizes of the matrix product. A panel of B is at most 26 kB and stays in a first-level cache of 32 kB, while the
 * panels of a block of A, at most 205 kB, come from the second-level cache. Blocks of B need fit no cache: each of
 * their panels serves all rows of a block of A. BLOCK_B elements (400 kB) limit memory.
 */
export const BLOCK_DEPTH: i32 = 800;
export const BLOCK_ROWS: i32 = 64;
export const BLOCK_B: i32 = 128 * BLOCK_DEPTH;

/**
 * Steps per block of a sum over `inner` steps, in blocks of nearly equal length. Every path splits its sums here, so
 * the result of a row does not depend on the number of rows in the product.
 */
@inline
export function blockDepth(inner: i32): i32 {
  const blocks = (inner + BLOCK_DEPTH - 1) / BLOCK_DEPTH;
  return (inner + blocks - 1) / blocks;
}

/** Columns of a block of B of `depth` steps: whole panels. */
@inline
export function blockCols(depth: i32): i32 {
  return BLOCK_B / depth & -8;
}
