/**
 * Philox 4x32-10, the counter-based generator of every random number in Elbow, and the draws that the host makes with
 * it: splits, initial weights, and shuffles (`permutation.ts`).
 *
 * Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011), with the constants of
 * Random123. A block of four u32 depends only on its counter and key, so any draw can be recomputed, on any backend, in
 * any order.
 *
 *   key     = (seedLow, seedHigh)                    `splitSeed`
 *   counter = (block, row, step, stream)             graphs: see `ops/random.ts`
 *   counter = (block, item, step, 2^31 + stream)     the host: never a stream of a graph
 *
 * Normals, the same everywhere: lanes (x0, x1) give u1 = ((x0 >>> 9) + ½)·2^-23 in (0, 1) and u2 = (x1 >>> 9)·2^-23 in
 * [0, 1), both exact in float32. With r = √(-2 ln u1), the draws are r·cos(2πu2) and r·sin(2πu2). Lanes (x2, x3) give
 * two more. |draw| ≤ √(48 ln 2) < 5.77.
 */

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
/** The golden ratio and √3 - 1 as 32-bit fractions (Weyl sequence of the key). */
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;
/** Added to the stream of the host's draws. */
export const FIRST_HOST_STREAM = 0x80000000;

/** Writes the block of `(c0, c1, c2, c3)` under the key `(k0, k1)` to `out`; all words are u32. */
export function philox(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array,
): void {
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0), low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2), low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The upper 32 bits of a·b for u32 a and b; every partial sum stays below 2^32. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff, aHigh = a >>> 16, bLow = b & 0xffff, bHigh = b >>> 16;
  const carry = aHigh * bLow + ((aLow * bLow) >>> 16);
  const middle = aLow * bHigh + (carry & 0xffff);
  return aHigh * bHigh + (carry >>> 16) + (middle >>> 16);
}

/**
 * The key of a seed; different seeds give different keys.
 * @throws RangeError unless `seed` is a safe integer
 */
export function splitSeed(seed: number): [low: number, high: number] {
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`Cannot use seed: must be a safe integer, got ${seed}`);
  }
  return [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
}

/** A sequence of draws on the host, fixed by (seed, step, stream, item); at most 2^34 of them. */
export class HostRandom {
  readonly #key: readonly [number, number];
  #step: number;
  #item = 0;
  readonly #stream: number;
  readonly #block = new Uint32Array(4);
  #drawn = 0;

  /**
   * @param step u32, counts optimisation steps or epochs
   * @param stream below 2^31, one per purpose
   */
  constructor(seed: number, step: number, stream: number) {
    this.#key = splitSeed(seed);
    this.#step = requireWord("step", step, 2 ** 32);
    this.#stream = FIRST_HOST_STREAM + requireWord("stream", stream, FIRST_HOST_STREAM);
  }

  /** Restarts with the sequence of another step, or of one item within a step; the constructor starts with item 0. */
  restart(step: number, item = 0): this {
    this.#step = requireWord("step", step, 2 ** 32);
    this.#item = requireWord("item", item, 2 ** 32);
    this.#drawn = 0;
    return this;
  }

  /** Uniform over all u32. */
  u32(): number {
    const lane = this.#drawn & 3;
    if (lane === 0) {
      const [low, high] = this.#key;
      const block = Math.floor(this.#drawn / 4);
      philox(block, this.#item, this.#step, this.#stream, low, high, this.#block);
    }
    this.#drawn++;
    return this.#block[lane];
  }

  /** Uniform over the multiples of 2^-24 in [0, 1); exact in float32. */
  uniformF32(): number {
    return (this.u32() >>> 8) * 2 ** -24;
  }

  /** Uniform over the multiples of 2^-53 in [0, 1). */
  uniformF64(): number {
    const high = this.u32() >>> 5, low = this.u32() >>> 6;
    return (high * 2 ** 26 + low) * 2 ** -53;
  }

  /**
   * Uniform over 0 … bound - 1, without bias: Lemire, "Fast random integer generation in an
   * interval" (2019).
   * @throws RangeError unless `bound` is an integer in 1 … 2^32 - 1
   */
  below(bound: number): number {
    if (bound === 0) throw new RangeError("Cannot draw below 0: the range is empty");
    requireWord("bound", bound, 2 ** 32);
    for (;;) {
      const word = this.u32(), low = Math.imul(word, bound) >>> 0;
      // Rejected words are below the bound, so the remainder, which is slow, is seldom computed.
      if (low >= bound || low >= (2 ** 32 - bound) % bound) return multiplyHigh(word, bound);
    }
  }
}

function requireWord(name: string, value: number, limit: number): number {
  if (Number.isInteger(value) && value >= 0 && value < limit) return value;
  throw new RangeError(
    `Cannot draw: ${name} must be an integer from 0 to ${limit - 1}, got ${value}`,
  );
}
