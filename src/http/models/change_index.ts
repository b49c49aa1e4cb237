/**
 * Changes to a store's index. Each change replaces the index once, so a request sees it either before or after the
 * change. Bytes that the index no longer names are removed from the store.
 */
import {
  IndexFullError,
  type ModelIndex,
  type ModelStore,
  type ReadIndex,
} from "../../storage/model_store.ts";
import { Problem } from "../answers/problems.ts";

/**
 * Starts again if another process changed the index first.
 * @param decide returns the changed parts of the index; none if nothing changes
 * @param onForget called before bytes are removed
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

/** @throws Problem if the store is full: retrying does not help, deleting does */
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
 * Removes bytes that no index names. Another process may name them again meanwhile. If its index is written before ours
 * is read again, the bytes are put back here; if after, that process finds them gone and puts them back.
 */
async function forget(store: ModelStore, digest: string): Promise<void> {
  const bytes = await store.read(digest);
  await store.remove(digest);
  const isNamed = await latestIndex(store).then(
    ({ index }) => digestsOf(index).includes(digest),
    // Better to keep bytes too many than to lose some.
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
