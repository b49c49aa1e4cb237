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

/**
 * Begins again where another process was faster.
 * @param decide what becomes of the index; no part of it, if nothing
 * @param onForget told of bytes before they go
 */
export async function changeIndex<Value>(
  store: ModelStore,
  decide: (index: ModelIndex) => Promise<Partial<ModelIndex> & { readonly value: Value }>,
  onForget: (digest: string) => void,
): Promise<Value> {
  for (;;) {
    const { index, revision } = await store.readIndex();
    const { value, ...changed } = await decide(index);
    if (Object.keys(changed).length === 0) return value;
    const next = { ...index, ...changed };
    if (!await replaceIndex(store, next, revision)) continue;
    const kept = new Set(digestsOf(next));
    for (const digest of new Set(digestsOf(index))) {
      if (kept.has(digest)) continue;
      onForget(digest);
      await forget(store, digest);
    }
    return value;
  }
}

/** @throws Problem if the store has no room for it: asking again does not help, deleting does */
async function replaceIndex(
  store: ModelStore,
  index: ModelIndex,
  revision: string,
): Promise<boolean> {
  try {
    return await store.replaceIndex(index, revision);
  } catch (error) {
    throw error instanceof IndexFullError ? new Problem("conflict", error.message) : error;
  }
}

/**
 * Removes bytes that no index names. Another process may name them again meanwhile: its index stands before
 * ours is read again, so that they are put back here, or after, so that it finds them gone and puts them back.
 */
async function forget(store: ModelStore, digest: string): Promise<void> {
  const bytes = await store.read(digest);
  await store.remove(digest);
  const isNamed = await latestIndex(store).then(
    ({ index }) => digestsOf(index).includes(digest),
    // Bytes too many are better than bytes lost.
    () => true,
  );
  if (bytes && isNamed) await store.write(digest, bytes);
}

/** @throws Error if the store does not answer */
export function latestIndex(store: ModelStore): Promise<ReadIndex> {
  return store.readLatestIndex?.() ?? store.readIndex();
}

function digestsOf({ models }: ModelIndex): string[] {
  return [...models.values()].flatMap(({ versions }) => versions.map(({ digest }) => digest));
}
