/**
 * Changes of a store's index. A change is one replacement of it: a request sees the index before it or the
 * one after it. Bytes that the index names no more are removed from the store.
 */
import {
  IndexFullError,
  type ModelIndex,
  type ModelStore,
  type ReadIndex,
} from "../../storage/model_store.ts";
import { Problem } from "../problems.ts";

/** Changes an index, one change after another. */
export class IndexWriter {
  readonly #store: ModelStore;
  readonly #onForget: (digest: string) => void;
  #changes: Promise<unknown> = Promise.resolve();

  constructor(store: ModelStore, onForget: (digest: string) => void) {
    this.#store = store;
    this.#onForget = onForget;
  }

  /** Changes of this process wait for each other; another process's make this one begin again. */
  change<Value>(
    decide: (index: ModelIndex) => Promise<Partial<ModelIndex> & { readonly value: Value }>,
  ): Promise<Value> {
    const attempt = async (): Promise<Value> => {
      for (;;) {
        const { index, revision } = await this.#store.readIndex();
        const { value, ...changed } = await decide(index);
        if (Object.keys(changed).length === 0) return value;
        const next = { ...index, ...changed };
        if (!await this.#replaceIndex(next, revision)) continue;
        const kept = new Set(digestsOf(next));
        for (const digest of new Set(digestsOf(index))) {
          if (!kept.has(digest)) await this.#forget(digest);
        }
        return value;
      }
    };
    const change = this.#changes.then(attempt);
    this.#changes = change.catch(() => {});
    return change;
  }

  /** @throws Problem if the store has no room for it: asking again does not help, deleting does */
  async #replaceIndex(index: ModelIndex, revision: string): Promise<boolean> {
    try {
      return await this.#store.replaceIndex(index, revision);
    } catch (error) {
      throw error instanceof IndexFullError ? new Problem("conflict", error.message) : error;
    }
  }

  /**
   * Removes bytes that no index names. Another process may name them again meanwhile: its index stands before
   * ours is read again, so that they are put back here, or after, so that it finds them gone and puts them back.
   */
  async #forget(digest: string): Promise<void> {
    this.#onForget(digest);
    const bytes = await this.#store.read(digest);
    await this.#store.remove(digest);
    const isNamed = await latestIndex(this.#store).then(
      ({ index }) => digestsOf(index).includes(digest),
      // Bytes too many are better than bytes lost.
      () => true,
    );
    if (bytes && isNamed) await this.#store.write(digest, bytes);
  }
}

/** @throws Error if the store does not answer */
export function latestIndex(store: ModelStore): Promise<ReadIndex> {
  return store.readLatestIndex?.() ?? store.readIndex();
}

function digestsOf({ models }: ModelIndex): string[] {
  return [...models.values()].flatMap(({ versions }) => versions.map(({ digest }) => digest));
}
