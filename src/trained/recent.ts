/** A cache of the most recently used objects, which hold scratch memory, by name. */

/** An object that can free its memory. */
interface Disposable {
  dispose(): void;
}

/** Keeps the most recently used objects, and disposes of the others. */
export class Recent<T extends Disposable> {
  readonly #most: number;
  readonly #kept = new Map<string, T>();

  constructor(most: number) {
    this.#most = most;
  }

  /** An object to use at once: a later call may dispose of it. */
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

  /** Forgets all objects without disposing of them, because their memory goes with the machine. */
  clear(): void {
    this.#kept.clear();
  }
}
