/**
 * Jobs as records of a key-value bucket. A change reads the record, decides, and writes it if nobody has written since
 * (compare-and-swap). Each write carries a stamp, which tells a write whose answer got lost from another worker's
 * write.
 */
import type { KV } from "npm:@nats-io/kv@3.4.0";
import type { Job } from "../job_queue.ts";
import { withRetries } from "./retries.ts";

/** A job, and what only the queue knows about it. */
export interface JobRecord extends Job {
  readonly fingerprint: string;
  /** Claims since the last checkpoint. */
  readonly stalled: number;
  readonly sealed: boolean;
  /** SHA-256 of the input, and of the checkpoint if there is one. */
  readonly input: string;
  readonly checkpoint?: string;
  readonly output?: string;
  /** Identifies the last write. */
  readonly stamp: string;
}

/** NATS error codes that mean another write came first. */
const WRONG_SEQUENCE = [10071, 10164];

/** Records by id. */
export class Records {
  readonly #kv: KV;

  constructor(kv: KV) {
    this.#kv = kv;
  }

  async find(id: string): Promise<JobRecord | undefined> {
    const entry = await withRetries(() => this.#kv.get(id));
    return entry?.operation === "PUT" ? entry.json<JobRecord>() : undefined;
  }

  /** @returns the stored record: this one, or an earlier one of the same id */
  async create(record: JobRecord): Promise<JobRecord> {
    for (;;) {
      const existing = await this.find(record.id);
      if (existing) return existing;
      try {
        await withRetries(() => this.#kv.create(record.id, JSON.stringify(record)));
      } catch (error) {
        if (!isOutdated(error)) throw error;
      }
    }
  }

  /**
   * Changes a record. `decide` may be called again after another write; undefined leaves the record as it is.
   * @returns the stored record
   */
  async change(
    id: string,
    decide: (record: JobRecord) => Omit<JobRecord, "stamp"> | undefined,
  ): Promise<JobRecord | undefined> {
    const stamp = crypto.randomUUID();
    for (;;) {
      const entry = await withRetries(() => this.#kv.get(id));
      if (entry?.operation !== "PUT") return undefined;
      const record = entry.json<JobRecord>();
      if (record.stamp === stamp) return record;
      const next = decide(record);
      if (!next) return record;
      try {
        const text = JSON.stringify({ ...next, stamp });
        await withRetries(() => this.#kv.update(id, text, entry.revision));
        return { ...next, stamp };
      } catch (error) {
        if (!isOutdated(error)) throw error;
      }
    }
  }

  async forget(id: string): Promise<void> {
    await withRetries(() => this.#kv.purge(id));
  }

  /** Resolves when `holds` is false for the record, or the signal is aborted. */
  async until(
    signal: AbortSignal,
    id: string,
    holds: (record: JobRecord) => boolean,
  ): Promise<void> {
    if (signal.aborted) return;
    const watch = await withRetries(() => this.#kv.watch({ key: id }));
    const stop = () => watch.stop();
    signal.addEventListener("abort", stop, { once: true });
    for await (const { operation, value } of watch) {
      if (operation !== "PUT" || !holds(JSON.parse(new TextDecoder().decode(value)))) break;
    }
    signal.removeEventListener("abort", stop);
    watch.stop();
  }
}

/** The public part of a record. */
export function jobOf(record: JobRecord): Job {
  const { fingerprint: _print, stalled: _stalled, sealed: _sealed, stamp: _stamp, ...rest } =
    record;
  const { input: _input, checkpoint: _checkpoint, output: _output, ...job } = rest;
  return job;
}

/** Whether a write was refused because another came first. */
export function isOutdated(error: unknown): boolean {
  return WRONG_SEQUENCE.includes((error as { code?: number }).code ?? 0) ||
    /wrong last sequence/.test((error as Error).message ?? "");
}
