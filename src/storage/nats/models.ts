/**
 * Models in NATS: bytes in an object store, the index in one key that is changed by compare-and-swap. Every
 * server keeps the index at hand and is told of changes, so that hardly a request asks anybody. Word may
 * fail to come, when the server that sent it is gone: an index older than a second is asked for again.
 *
 * Limits: the index is one message, of a mebibyte as NATS is set up: some five thousand versions.
 */
import type { KvEntry, KvWatchEntry } from "npm:@nats-io/kv@3.4.0";
import type { QueuedIterator } from "npm:@nats-io/transport-node@3.4.0";
import { indexText, parseIndex } from "../index_text.ts";
import { EMPTY_INDEX, type ModelIndex, type ModelStore } from "../model_store.ts";
import { readObject, removeObject, writeObject } from "./objects.ts";
import { patiently } from "./patience.ts";
import { isOutdated } from "./records.ts";
import type { Rooms } from "./rooms.ts";

const KEY = "index";

/** How old the index at hand may be. */
const FRESH_MS = 1000;

/** The store of a namespace. */
export async function natsModels({ state, store }: Rooms, now: () => number): Promise<ModelStore> {
  let at: { readonly index: ModelIndex; readonly revision: number } = {
    index: EMPTY_INDEX,
    revision: 0,
  };
  const take = (entry: KvEntry | null) => {
    if (!entry || entry.operation !== "PUT" || entry.revision <= at.revision) return;
    at = { index: parseIndex(entry.string()), revision: entry.revision };
  };
  let askedAt = 0;
  const refresh = async () => {
    const asking = now();
    take(await patiently(() => state.get(KEY)));
    askedAt = asking;
  };
  await refresh();
  // Whoever asks meanwhile waits for the same answer; without one, the index at hand is better than none.
  let asking: Promise<void> | undefined;
  const freshen = () => asking ??= refresh().catch(() => {}).finally(() => asking = undefined);
  void follow(await patiently(() => state.watch({ key: KEY })), take);
  return {
    async readIndex() {
      if (now() - askedAt > FRESH_MS) await freshen();
      return { index: at.index, revision: `${at.revision}` };
    },
    async replaceIndex(index, revision) {
      try {
        const text = indexText(index);
        const next = await patiently(() => state.put(KEY, text, { previousSeq: Number(revision) }));
        if (next > at.revision) at = { index, revision: next };
        return true;
      } catch (error) {
        if (!isOutdated(error)) throw error;
        await refresh();
        // The answer to an update that was made may have got lost.
        return indexText(at.index) === indexText(index);
      }
    },
    read: (digest) => readObject(store, `model.${digest}`),
    write: (digest, bytes) => writeObject(store, `model.${digest}`, bytes),
    async remove(digest) {
      await removeObject(store, `model.${digest}`);
    },
  };
}

async function follow(
  entries: QueuedIterator<KvWatchEntry>,
  take: (entry: KvEntry) => void,
): Promise<void> {
  for await (const entry of entries) take(entry);
}
