/**
 * How many steps of a series tell as much about its distribution as one that is independent of all others:
 *
 *   τ = max over points p and block lengths B of   B · Var(share of values ≤ p in a block of B) / F(p)(1 - F(p))
 *
 * 1 if steps are independent; for a process whose values hang together, its integrated autocorrelation time at p. The
 * same for being missing, which is apart: gaps may come and go faster than values change.
 *
 * Sources: batch means, e.g. Flegal and Jones, "Batch means and spectral variance estimators in Markov chain Monte
 * Carlo", 2010. Limits: of the longest blocks there are only eight, so τ is too small for a process that keeps its
 * state for longer than an eighth of the series.
 */
import { countBelow } from "../../core/sorted.ts";

/** Blocks are joined in pairs as soon as there are so many. */
const MAX_BLOCKS = 64;

/** Fewer say nothing about their variance. */
export const MIN_BLOCKS = 8;

/** A share is compared if so many values are expected to be, or not to be, among it: n F (1 - F). */
const MIN_EXPECTED = 16;

/** Counts the values of a series in blocks, in memory that does not grow with it. */
export class BlockShares {
  readonly #points: Float64Array;
  /** Values in a block. */
  #size: number;
  /** For each whole block, the number of values that are at most each point; then of those missing. */
  #blocks: Float64Array[] = [];
  #block: Float64Array;
  #inBlock = 0;

  /**
   * @param points ascending
   * @param size values in a block, until there are many
   */
  constructor(points: Float64Array, size: number) {
    this.#points = points;
    this.#size = size;
    this.#block = new Float64Array(points.length + 1);
  }

  /** Takes the next value; NaN is a missing one. */
  add(value: number): void {
    const { length } = this.#points;
    if (value === value) {
      for (let k = countBelow(this.#points, value, false); k < length; k++) this.#block[k]++;
    } else this.#block[length]++;
    if (++this.#inBlock < this.#size) return;
    this.#blocks.push(this.#block);
    this.#block = new Float64Array(length + 1);
    this.#inBlock = 0;
    if (this.#blocks.length < MAX_BLOCKS) return;
    this.#blocks = joined(this.#blocks);
    this.#size *= 2;
  }

  /** τ of the values, over the whole blocks; 1 if there are too few. */
  get stepsAsOne(): number {
    return this.#largest(0, this.#points.length);
  }

  /** τ of being missing. */
  get gapsAsOne(): number {
    return this.#largest(this.#points.length, this.#points.length + 1);
  }

  #largest(first: number, end: number): number {
    let largest = 1;
    let blocks: readonly Float64Array[] = this.#blocks;
    for (let size = this.#size; blocks.length >= MIN_BLOCKS; size *= 2) {
      for (let k = first; k < end; k++) {
        largest = Math.max(largest, inflation(blocks.map((counts) => counts[k] / size), size));
      }
      blocks = joined(blocks);
    }
    return largest;
  }
}

/** The variance of the shares, as a multiple of that of independent values. */
function inflation(shares: readonly number[], size: number): number {
  const { length } = shares, mean = shares.reduce((sum, share) => sum + share, 0) / length;
  const single = mean * (1 - mean);
  if (length * size * single < MIN_EXPECTED) return 0;
  const squares = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0);
  return size * squares / (length - 1) / single;
}

/** Blocks of twice the length; a last one without a partner is left out. */
function joined(blocks: readonly Float64Array[]): Float64Array[] {
  return Array.from(
    { length: blocks.length >> 1 },
    (_, i) => blocks[2 * i].map((count, k) => count + blocks[2 * i + 1][k]),
  );
}
