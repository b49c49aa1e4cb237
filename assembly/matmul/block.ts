/**
 * Block sizes of the matrix product. A block of B is at most BLOCK_DEPTH × BLOCK_COLS (256 kB), one of A BLOCK_ROWS ×
 * BLOCK_DEPTH (64 kB). Both stay in a second-level cache of 512 kB, while a panel of B (8 kB) and one of A (4 kB) stay
 * in the first-level cache.
 */
export const BLOCK_DEPTH: i32 = 256;
export const BLOCK_COLS: i32 = 256;
export const BLOCK_ROWS: i32 = 64;

/**
 * Steps per block of a sum over `inner` steps, in blocks of nearly equal length. Every path splits its sums here, so
 * the result of a row does not depend on the number of rows in the product.
 */
@inline
export function blockDepth(inner: i32): i32 {
  const blocks = (inner + BLOCK_DEPTH - 1) / BLOCK_DEPTH;
  return (inner + blocks - 1) / blocks;
}
