/** A cache of the most recently used objects, which hold scratch memory, by name. */

/** An object that can free its memory. */
interface Disposable {
  dispose(): void;
}

/** Keeps the most recently used objects, and disposes of the others. */
export class LruCache<T extends Disposable> {
  readonly #capacity: number;
  readonly #objects = new Map<string, T>();
  #newest?: string;
  /** Gives the oldest next, also after `clear`. A new iterator would first pass all that have been deleted. */
  readonly #oldest = this.#objects.entries();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** An object to use at once: a later call may dispose of it. */
  get(key: string, make: () => T): T {
    if (key === this.#newest) return this.#objects.get(key)!;
    const found = this.#objects.get(key) ?? make();
    this.#newest = key;
    this.#objects.delete(key);
    this.#objects.set(key, found);
    if (this.#objects.size > this.#capacity) {
      const [oldest, unused] = this.#oldest.next().value!;
      this.#objects.delete(oldest);
      unused.dispose();
    }
    return found;
  }

  /** Forgets all objects without disposing of them, because their memory goes with the machine. */
  clear(): void {
    this.#objects.clear();
    this.#newest = undefined;
  }
}
