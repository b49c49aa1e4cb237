/** How many parts long sums are split into, one workgroup per part. */

/** Elements that each workgroup of a squared norm sums. */
export const NORM_SPAN = 4096;

/**
 * Bounds on the terms that each workgroup of a product adds; the lower one applies if the sum is split. Mesa's software
 * adapters silently end a loop after 65,535 iterations.
 */
const MAX_TERMS = 8192, MIN_TERMS = 1024;

/** Workgroups needed to keep a GPU busy, and roughly the rows and columns of the tile that each computes. */
const BUSY_WORKGROUPS = 256, TILE_SIDE = 32;

/**
 * How many parts the sums of a product are split into. The output may have too few tiles to keep the GPU busy.
 * @param terms the length of each sum, for a full batch
 */
export function sumPartsOf(terms: number, rows: number, cols: number): number {
  const partsToFill = Math.ceil(
    BUSY_WORKGROUPS / (Math.ceil(rows / TILE_SIDE) * Math.ceil(cols / TILE_SIDE)),
  );
  const worthwhile = Math.max(1, Math.min(partsToFill, Math.floor(terms / MIN_TERMS)));
  return Math.max(worthwhile, Math.ceil(terms / MAX_TERMS));
}
