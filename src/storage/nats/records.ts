/**
 * Jobs as records of a key-value bucket. A change reads the record, decides, and writes it if nobody has
 * written since (compare-and-swap). Each write bears a stamp: an answer that got lost is told from a
 * change by another.
 */
import type { KV } from "npm:@nats-io/kv@3.4.0";
import type { Job } from "../job_queue.ts";
import { patiently } from "./patience.ts";

/** A job, and what only the queue knows of it. */
export interface JobRecord extends Job {
  readonly fingerprint: string;
  /** Claims since the last checkpoint. */
  readonly stalled: number;
  readonly sealed: boolean;
  /** SHA-256 of the input, and of the checkpoint if there is one. */
  readonly input: string;
  readonly checkpoint?: string;
  readonly output?: string;
  /** Of the last write. */
  readonly stamp: string;
}

/** The part of an error of NATS that says that another has written. */
const WRONG_SEQUENCE = [10071, 10164];

/** Records by id. */
export class Records {
  readonly #kv: KV;

  constructor(kv: KV) {
    this.#kv = kv;
  }

  async find(id: string): Promise<JobRecord | undefined> {
    const entry = await patiently(() => this.#kv.get(id));
    return entry?.operation === "PUT" ? entry.json<JobRecord>() : undefined;
  }

  /** @returns the record that is there: this one, or the one that was before it */
  async create(record: JobRecord): Promise<JobRecord> {
    for (;;) {
      const there = await this.find(record.id);
      if (there) return there;
      try {
        await patiently(() => this.#kv.create(record.id, JSON.stringify(record)));
      } catch (error) {
        if (!isOutdated(error)) throw error;
      }
    }
  }

  /**
   * Changes a record. `decide` may be asked again, with what another has written; undefined leaves it.
   * @returns the record as it is then
   */
  async change(
    id: string,
    decide: (record: JobRecord) => Omit<JobRecord, "stamp"> | undefined,
  ): Promise<JobRecord | undefined> {
    const stamp = crypto.randomUUID();
    for (;;) {
      const entry = await patiently(() => this.#kv.get(id));
      if (entry?.operation !== "PUT") return undefined;
      const record = entry.json<JobRecord>();
      if (record.stamp === stamp) return record;
      const next = decide(record);
      if (!next) return record;
      try {
        const text = JSON.stringify({ ...next, stamp });
        await patiently(() => this.#kv.update(id, text, entry.revision));
        return { ...next, stamp };
      } catch (error) {
        if (!isOutdated(error)) throw error;
      }
    }
  }

  async forget(id: string): Promise<void> {
    await patiently(() => this.#kv.purge(id));
  }

  /** Resolves once the record no longer holds, or the signal is aborted. */
  async until(
    signal: AbortSignal,
    id: string,
    holds: (record: JobRecord) => boolean,
  ): Promise<void> {
    if (signal.aborted) return;
    const watch = await patiently(() => this.#kv.watch({ key: id }));
    const stop = () => watch.stop();
    signal.addEventListener("abort", stop, { once: true });
    for await (const { operation, value } of watch) {
      if (operation !== "PUT" || !holds(JSON.parse(new TextDecoder().decode(value)))) break;
    }
    signal.removeEventListener("abort", stop);
    watch.stop();
  }
}

/** Whether a write was refused because another came first. */
export function isOutdated(error: unknown): boolean {
  return WRONG_SEQUENCE.includes((error as { code?: number }).code ?? 0) ||
    /wrong last sequence/.test((error as Error).message ?? "");
}
