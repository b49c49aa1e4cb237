/**
 * Models in NATS: bytes in an object store, the index in one key, changed by compare-and-swap. Every server caches the
 * index and is notified of changes, so that few requests ask NATS. A notification may get lost with the server that
 * sent it, so an index older than a second is read again. A request waits only a moment for that: models are served
 * while NATS is down.
 *
 * Limits: the index is one message, by default at most one mebibyte: four thousand versions fit, ten thousand do not.
 */
import type { KvEntry, KvWatchEntry } from "npm:@nats-io/kv@3.4.0";
import type { QueuedIterator } from "npm:@nats-io/transport-node@3.4.0";
import { indexText, parseIndex } from "../index_text.ts";
import {
  EMPTY_INDEX,
  IndexFullError,
  type ModelIndex,
  type ModelStore,
  type ReadIndex,
} from "../model_store.ts";
import { keepObject, readObject, removeObject } from "./objects.ts";
import { withRetries } from "./retries.ts";
import { isOutdated } from "./records.ts";
import type { Namespace } from "./namespace.ts";

const KEY = "index";

/** The age at which the cached index is read again. */
const MAX_AGE_MS = 1000;
/** How long a request waits for that. */
const REFRESH_WAIT_MS = 50;
/** How long a caller that needs the latest index waits. */
const LATEST_WAIT_MS = 2000;

/** The store of a namespace. */
export async function natsModels(
  { state, store }: Namespace,
  now: () => number,
): Promise<ModelStore> {
  const cache = new CachedIndex(state, now);
  await cache.refresh();
  void follow(await withRetries(() => state.watch({ key: KEY })), cache);
  return {
    async readIndex() {
      await cache.refreshIfOld();
      return cache.read();
    },
    async readLatestIndex() {
      await withTimeout(LATEST_WAIT_MS, cache.refresh());
      return cache.read();
    },
    async replaceIndex(index, revision) {
      try {
        const text = indexText(index);
        const next = await withRetries(() =>
          state.put(KEY, text, { previousSeq: Number(revision) })
        );
        cache.replace(index, next);
        return true;
      } catch (error) {
        if (isTooLong(error)) throw new IndexFullError(index);
        if (!isOutdated(error)) throw error;
        await cache.refresh();
        // The update may have been made, and only its answer lost.
        return indexText(cache.read().index) === indexText(index);
      }
    },
    read: (digest) => readObject(store, `model.${digest}`),
    write: (digest, bytes) => keepObject(store, `model.${digest}`, bytes),
    async remove(digest) {
      await removeObject(store, `model.${digest}`);
    },
  };
}

/** The cached index, which is never replaced by an older one. */
class CachedIndex {
  readonly #state: Namespace["state"];
  readonly #now: () => number;
  #index: ModelIndex = EMPTY_INDEX;
  #revision = 0;
  #refreshedAt = 0;
  #isRefreshing = false;

  constructor(state: Namespace["state"], now: () => number) {
    this.#state = state;
    this.#now = now;
  }

  read(): ReadIndex {
    return { index: this.#index, revision: `${this.#revision}` };
  }

  replace(index: ModelIndex, revision: number): void {
    if (revision > this.#revision) [this.#index, this.#revision] = [index, revision];
  }

  /** @throws SyntaxError for an index that this release cannot read; the cached one stays */
  accept(entry: KvEntry | null): void {
    if (!entry || entry.operation !== "PUT" || entry.revision <= this.#revision) return;
    this.replace(parseIndex(entry.string()), entry.revision);
  }

  async refresh(): Promise<void> {
    const startedAt = this.#now();
    this.accept(await withRetries(() => this.#state.get(KEY)));
    this.#refreshedAt = startedAt;
  }

  /** The first caller to find the index old waits a moment for a new one; during an outage the others do not. */
  async refreshIfOld(): Promise<void> {
    // A clock that was set back would make it new for as long.
    const ageMs = Math.abs(this.#now() - this.#refreshedAt);
    if (this.#isRefreshing || ageMs <= MAX_AGE_MS) return;
    this.#isRefreshing = true;
    const refreshed = this.refresh().finally(() => this.#isRefreshing = false);
    await withTimeout(REFRESH_WAIT_MS, refreshed).catch(() => {});
  }
}

/** The server limits the length of a message; the client refuses to send a longer one. */
function isTooLong(error: unknown): boolean {
  return error instanceof Error && error.message.includes("max_payload");
}

async function follow(
  entries: QueuedIterator<KvWatchEntry>,
  cache: CachedIndex,
): Promise<void> {
  for await (const entry of entries) {
    try {
      cache.accept(entry);
    } catch {
      // The readiness check reports what is wrong with it.
    }
  }
}

/** @throws TypeError if there is no answer in time; the request itself goes on */
async function withTimeout(milliseconds: number, answer: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    const error = new TypeError("Cannot read the index of models: NATS does not answer");
    timer = setTimeout(() => reject(error), milliseconds);
  });
  try {
    await Promise.race([answer, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}
