/**
 * Block sizes of the matrix product. A panel of B is at most 26 kB and stays in a first-level cache of 32 kB, while the
 * panels of a block of A, some 205 kB, come from the second-level cache. Blocks of B need fit no cache: each of
 * their panels serves all rows of a block of A, of which there are the more, the shorter the sums. BLOCK_B elements
 * (400 kB) limit memory.
 */
export const BLOCK_DEPTH: i32 = 800;
const BLOCK_A: i32 = 64 * BLOCK_DEPTH;
/** Elements of a block of A with the rows that rounding adds, in blocks and in the last panel. */
export const BLOCK_A_ROUNDED: i32 = BLOCK_A + 8 * BLOCK_DEPTH;
export const BLOCK_B: i32 = 128 * BLOCK_DEPTH;

/**
 * Steps per block of a sum over `inner` steps, in blocks of nearly equal length. Every path splits its sums here, so
 * the result of a row does not depend on the number of rows in the product, nor on the window that a thread computes.
 */
@inline
export function blockDepth(inner: i32): i32 {
  const blocks = (inner + BLOCK_DEPTH - 1) / BLOCK_DEPTH;
  return (inner + blocks - 1) / blocks;
}

/** Span in elements of a block that stays in the first-level cache without being packed. */
export const SMALL_BLOCK: i32 = 4096;
/** Least steps of a block that is made short in order to be read in place. */
const LEAST_DEPTH: i32 = 32;

/**
 * The same where the lines of both operands are adjacent, as for the gradient of a weight: for narrow matrices, blocks
 * that are read in place. Packing them would take a quarter of the time of a product with 8 columns.
 * @param stride the longer step of the two operands, at least 8
 */
@inline
export function shallowBlockDepth(inner: i32, stride: i32): i32 {
  const most = SMALL_BLOCK / stride;
  if (most < LEAST_DEPTH) return blockDepth(inner);
  const blocks = (inner + most - 1) / most;
  return (inner + blocks - 1) / blocks;
}

/** Columns of a block of B of `depth` steps: whole panels. */
@inline
export function blockCols(depth: i32): i32 {
  return BLOCK_B / depth & -8;
}

/**
 * The same if all rows are one block of A, so that each panel of B is read in one go after it was packed: as many as
 * stay in the first-level cache until then.
 */
@inline
export function usedOnceCols(depth: i32, cols: i32): i32 {
  return depth * cols <= SMALL_BLOCK ? cols : max(8, SMALL_BLOCK / depth & -8);
}

/** Rows of a block of A of `depth` steps, in blocks of nearly equal height: whole panels. */
export function blockRows(rows: i32, depth: i32): i32 {
  if (rows * depth <= BLOCK_A) return rows;
  const most = BLOCK_A / depth, blocks = (rows + most - 1) / most;
  return ((rows + blocks - 1) / blocks + 5) / 6 * 6;
}
