/** The things made most recently, by name, up to a number of them: each holds scratch memory of its own. */

/** What gives its memory back. */
interface Disposable {
  dispose(): void;
}

/** Keeps what was asked for last; what goes is disposed of. */
export class Recent<T extends Disposable> {
  readonly #most: number;
  readonly #kept = new Map<string, T>();

  constructor(most: number) {
    this.#most = most;
  }

  /** To use at once: a later call may dispose of it. */
  get(key: string, make: () => T): T {
    const found = this.#kept.get(key) ?? make();
    this.#kept.delete(key);
    this.#kept.set(key, found);
    if (this.#kept.size > this.#most) {
      const [[oldest, unused]] = this.#kept;
      this.#kept.delete(oldest);
      unused.dispose();
    }
    return found;
  }

  /** Forgets all, whose memory goes with the machine that it is on. */
  clear(): void {
    this.#kept.clear();
  }
}
