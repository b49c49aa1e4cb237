/**
 * Models in NATS: bytes in an object store, the index in one key that is changed by compare-and-swap. Every
 * server keeps the index at hand and is told of changes, so that hardly a request asks anybody. Word may
 * fail to come, when the server that sent it is gone: an index older than a second is asked for again, and who
 * waits for a model waits for that no longer than a moment: models are served while NATS is away.
 *
 * Limits: the index is one message, of a mebibyte as NATS is set up: four thousand versions fit, ten thousand do not.
 */
import type { KvEntry, KvWatchEntry } from "npm:@nats-io/kv@3.4.0";
import type { QueuedIterator } from "npm:@nats-io/transport-node@3.4.0";
import { indexText, parseIndex } from "../index_text.ts";
import { EMPTY_INDEX, IndexFullError, type ModelIndex, type ModelStore } from "../model_store.ts";
import { readObject, removeObject, writeObject } from "./objects.ts";
import { patiently } from "./patience.ts";
import { isOutdated } from "./records.ts";
import type { Rooms } from "./rooms.ts";

const KEY = "index";

/** How old the index at hand may be before it is asked for again. */
const FRESH_MS = 1000;
/** How long a request waits for a younger one. */
const MOMENT_MS = 50;
/** How long whoever needs the latest one waits. */
const ANSWER_MS = 2000;

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
  const current = () => ({ index: at.index, revision: `${at.revision}` });
  let askedAt = 0;
  const refresh = async () => {
    const asking = now();
    take(await patiently(() => state.get(KEY)));
    askedAt = asking;
  };
  await refresh();
  // Whoever asks meanwhile waits for the same answer.
  let asking: Promise<void> | undefined;
  const freshen = () => asking ??= refresh().finally(() => asking = undefined);
  void follow(await patiently(() => state.watch({ key: KEY })), take);
  return {
    async readIndex() {
      // The first to ask waits a moment; during an outage the others do not. An old index is better than none.
      if (now() - askedAt > FRESH_MS && !asking) await within(MOMENT_MS, freshen()).catch(() => {});
      return current();
    },
    async readLatestIndex() {
      await within(ANSWER_MS, refresh());
      return current();
    },
    async replaceIndex(index, revision) {
      try {
        const text = indexText(index);
        const next = await patiently(() => state.put(KEY, text, { previousSeq: Number(revision) }));
        if (next > at.revision) at = { index, revision: next };
        return true;
      } catch (error) {
        if (isTooLong(error)) throw new IndexFullError(index);
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

/** A message may be as long as the server says; what is longer the client refuses to send. */
function isTooLong(error: unknown): boolean {
  return error instanceof Error && error.message.includes("max_payload");
}

async function follow(
  entries: QueuedIterator<KvWatchEntry>,
  take: (entry: KvEntry) => void,
): Promise<void> {
  for await (const entry of entries) {
    try {
      take(entry);
    } catch {
      // An index that this release cannot read: the one at hand stays, and asking again says what is wrong.
    }
  }
}

/** @throws Error if there is no answer in time; what was asked goes on */
async function within(milliseconds: number, answer: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error("Cannot read the index of models: NATS does not answer");
    timer = setTimeout(() => reject(error), milliseconds);
  });
  try {
    await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
