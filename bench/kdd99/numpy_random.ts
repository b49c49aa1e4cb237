/**
 * NumPy's `RandomState`, as far as `DataFrame.sample` uses it, so that an example that calls `numpy.random.seed` can be
 * repeated with the very rows that it drew. NumPy has promised not to change these streams (NEP 19).
 *
 * Source: Matsumoto and Nishimura, "Mersenne Twister" (1998), MT19937.
 */

const WORDS = 624;
const MIDDLE = 397;

export class NumpyRandom {
  readonly #state = new Uint32Array(WORDS);
  #used = WORDS;

  constructor(seed: number) {
    let word = seed;
    this.#state[0] = word;
    for (let i = 1; i < WORDS; i++) {
      word = Math.imul(word ^ (word >>> 30), 1_812_433_253) + i;
      this.#state[i] = word;
    }
  }

  /** `choice(n, size, replace)`: whole numbers below `n`. */
  choice(n: number, size: number, replace: boolean): Uint32Array {
    if (!replace) return this.#permutation(n).subarray(0, size);
    return Uint32Array.from({ length: size }, () => this.#upTo(n - 1));
  }

  #permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.#upTo(i), moved = order[i];
      order[i] = order[j];
      order[j] = moved;
    }
    return order;
  }

  /** 0 to `most`: words are masked to its bits, until one is not larger. */
  #upTo(most: number): number {
    if (most === 0) return 0;
    const mask = 0xffffffff >>> Math.clz32(most);
    for (;;) {
      const value = (this.#word() & mask) >>> 0;
      if (value <= most) return value;
    }
  }

  #word(): number {
    if (this.#used === WORDS) this.#twist();
    let word = this.#state[this.#used++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < WORDS; i++) {
      const joined = (state[i] & 0x80000000) | (state[(i + 1) % WORDS] & 0x7fffffff);
      state[i] = state[(i + MIDDLE) % WORDS] ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.#used = 0;
  }
}
