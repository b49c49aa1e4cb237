/** In how many parts long sums are taken, each by a workgroup of its own. */

/** Elements that one workgroup of a squared norm sums. */
export const NORM_SPAN = 4096;

/**
 * Terms that one workgroup of a product adds at most, and at least where there are more: Mesa's software
 * adapters end a loop, without a word, after 65,535 turns.
 */
const MOST_TERMS = 8192, LEAST_TERMS = 1024;

/** Workgroups that keep a GPU busy, and the rows and columns that one of them takes, or so. */
const BUSY = 256, TILE = 32;

/**
 * In how many parts the sums of a product are taken: its output may have too few tiles to go around.
 * @param terms of a sum, for a full batch
 */
export function partsOf(terms: number, rows: number, cols: number): number {
  const wanted = Math.ceil(BUSY / (Math.ceil(rows / TILE) * Math.ceil(cols / TILE)));
  const worth = Math.max(1, Math.min(wanted, Math.floor(terms / LEAST_TERMS)));
  return Math.max(worth, Math.ceil(terms / MOST_TERMS));
}
