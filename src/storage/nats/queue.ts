/**
 * The queue in NATS JetStream, for any number of machines. A message says that there is work, and a record holds the
 * job's state. Every step changes the record by compare-and-swap, and only then acknowledges the message. So a worker
 * that gets a message twice sees from the record that nothing is left to do. If a process died before it had reported
 * the end of a job, the next worker to get the message reports it again.
 *
 * Leases are the server's: a message that is neither acknowledged nor renewed is delivered to another worker.
 *
 * Limits: NATS considers a write done when a majority of servers has it, and syncs to disk later: a power failure on
 * most of them at once may lose what they had just accepted.
 */
import {
  type Failure,
  type Job,
  JobConflictError,
  type JobData,
  type JobEvent,
  type JobQueue,
  type JobState,
  type Lease,
  LeaseLostError,
  type NewJob,
  QueueFullError,
  type QueueStats,
} from "../job_queue.ts";
import {
  fingerprint,
  intactCheckpoint,
  intactInput,
  isOver,
  MAX_ATTEMPTS,
  OUT_OF_ATTEMPTS,
  stalledAfter,
} from "../job_rules.ts";
import { digestOf } from "../model_store.ts";
import { Events } from "./events.ts";
import { readObject, removeObject, writeObject } from "./objects.ts";
import { jobOf, type JobRecord, Records } from "./records.ts";
import type { Namespace } from "./namespace.ts";
import { isFull } from "./retries.ts";
import { addToTotals, readTotals } from "./totals.ts";
import { NatsUploads } from "./uploads.ts";
import { type WorkMessage, WorkMessages } from "./work_messages.ts";

/** A queue in NATS. */
export class NatsQueue implements JobQueue {
  readonly uploads: NatsUploads;
  readonly leaseMs: number;
  readonly #namespace: Namespace;
  readonly #now: () => number;
  readonly #records: Records;
  readonly #events: Events;
  readonly #messages: WorkMessages;

  constructor(namespace: Namespace, now: () => number) {
    this.#namespace = namespace;
    this.#now = now;
    this.leaseMs = namespace.leaseMs;
    this.#records = new Records(namespace.jobs);
    this.#events = new Events(namespace);
    this.#messages = new WorkMessages(namespace);
    this.uploads = new NatsUploads(namespace.store);
  }

  async enqueue(job: NewJob, input: Uint8Array): Promise<{ job: Job; isNew: boolean }> {
    const digest = await digestOf(input), ownFingerprint = fingerprint(job, digest);
    const stamp = crypto.randomUUID();
    const existing = await this.#records.find(job.id);
    if (!existing) {
      await writeObject(this.#namespace.data, inputOf({ id: job.id, input: digest }), input);
    }
    const record = existing ?? await this.#records.create({
      ...job,
      ...{ state: "queued", created: this.#time(), attempt: 0, stalled: 0, sealed: false },
      ...{ fingerprint: ownFingerprint, input: digest, stamp },
    });
    if (record.fingerprint !== ownFingerprint) {
      throw new JobConflictError();
    }
    // Also for an existing job: the process that submitted it may have died before this.
    if (record.state === "queued" && record.attempt === 0) await this.#announce(record);
    return { job: jobOf(record), isNew: record.stamp === stamp };
  }

  async #announce(record: JobRecord): Promise<void> {
    const { id } = record;
    await this.#events.publish(id, "queued", {}, "queued");
    try {
      await this.#messages.publish(record);
    } catch (error) {
      if (!isFull(error)) throw error;
      await this.#records.forget(id);
      await removeObject(this.#namespace.data, inputOf(record));
      throw new QueueFullError("Cannot accept job: too many unfinished jobs");
    }
  }

  async find(id: string): Promise<Job | undefined> {
    const record = await this.#records.find(id);
    return record && jobOf(record);
  }

  async unfinished(owner: string): Promise<readonly Job[]> {
    const ids = await this.#messages.ofOwner(owner);
    const jobs = await Promise.all(ids.map((id) => this.find(id)));
    // The message of a job that has just ended may still be there.
    return jobs.filter((job) => job !== undefined).filter(({ state }) => !isOver(state))
      .sort((a, b) => a.created < b.created ? -1 : 1);
  }

  async *events(id: string, after: number, signal: AbortSignal): AsyncGenerator<JobEvent> {
    if (await this.#records.find(id)) yield* this.#events.after(id, after, signal);
  }

  async cancel(id: string): Promise<Job | undefined> {
    const record = await this.#records.change(
      id,
      (record) =>
        isOver(record.state) || record.sealed
          ? undefined
          : { ...record, state: "cancelled", finished: this.#time() },
    );
    if (record?.state === "cancelled") await this.#finish(record);
    return record && jobOf(record);
  }

  async claim(signal: AbortSignal): Promise<Lease | undefined> {
    while (!signal.aborted) {
      const message = await this.#messages.next(signal);
      const lease = message && await this.#lease(message);
      if (lease) return lease;
    }
  }

  async #lease(message: WorkMessage): Promise<Lease | undefined> {
    const id = message.string();
    const record = await this.#records.change(id, (record) => {
      if (isOver(record.state)) return undefined;
      if (record.stalled >= MAX_ATTEMPTS) {
        return { ...record, state: "failed", error: OUT_OF_ATTEMPTS, finished: this.#time() };
      }
      const attempt = record.attempt + 1, started = record.started ?? this.#time();
      // A result that its worker did not live to publish no longer blocks cancelling.
      const claim = { attempt, started, stalled: record.stalled + 1, sealed: false };
      return { ...record, state: "running", ...claim };
    });
    if (!record || isOver(record.state)) {
      if (record) await this.#finish(record);
      message.ack();
      return undefined;
    }
    await this.#events.publish(
      id,
      "running",
      { attempt: record.attempt },
      `running ${record.attempt}`,
    );
    this.#messages.hold(message);
    return { job: jobOf(record), attempt: record.attempt };
  }

  async revoked(lease: Lease, signal: AbortSignal): Promise<void> {
    await this.#records.until(signal, lease.job.id, (record) => isHeld(record, lease));
  }

  async input({ job: { id } }: Lease): Promise<Uint8Array> {
    const record = await this.#records.find(id);
    const bytes = record && await readObject(this.#namespace.data, inputOf(record));
    return await intactInput(bytes, record?.input);
  }

  async heartbeat(lease: Lease): Promise<void> {
    const record = await this.#records.find(lease.job.id);
    if (!record || !isHeld(record, lease)) throw new LeaseLostError();
    this.#messages.renew(lease.job.id);
  }

  async progress(lease: Lease, data: JobData): Promise<void> {
    const record = await this.#step(lease, (record) => ({ ...record, progress: data }));
    await this.#events.publish(lease.job.id, "progress", data, record.stamp);
  }

  async readCheckpoint({ job: { id } }: Lease): Promise<Uint8Array | undefined> {
    const record = await this.#records.find(id), name = record && checkpointOf(record);
    const bytes = name === undefined ? name : await readObject(this.#namespace.data, name);
    return await intactCheckpoint(bytes, record?.checkpoint);
  }

  async writeCheckpoint(lease: Lease, bytes: Uint8Array): Promise<void> {
    const { data } = this.#namespace, { id } = lease.job, checkpoint = await digestOf(bytes);
    // Under its own digest, so that a worker that lost the lease replaces nothing.
    await writeObject(data, checkpointOf({ id, checkpoint })!, bytes);
    let previousCheckpoint: string | undefined;
    await this.#step(lease, (record) => {
      previousCheckpoint = record.checkpoint === checkpoint ? undefined : checkpointOf(record);
      return { ...record, checkpoint, stalled: 0 };
    });
    if (previousCheckpoint) await removeObject(data, previousCheckpoint);
  }

  async seal(lease: Lease): Promise<void> {
    await this.#step(lease, (record) => ({ ...record, sealed: true }));
  }

  async ack(lease: Lease, result: JobData, output?: Uint8Array): Promise<void> {
    const digest = output && await digestOf(output);
    if (output) await writeObject(this.#namespace.data, `output.${lease.job.id}`, output);
    await this.#end(lease, "succeeded", { result, output: digest });
  }

  async nack(lease: Lease, failure: Failure): Promise<void> {
    const { reason, delayMs = 0 } = failure, { id } = lease.job;
    const record = await this.#step(lease, (record) => {
      const stalled = stalledAfter(record.stalled, failure);
      return stalled === undefined
        ? record
        : { ...record, state: "queued", sealed: false, stalled };
    });
    if (record.state !== "queued") return await this.#end(lease, "failed", { error: reason });
    await this.#events.publish(id, "retrying", { reason }, record.stamp);
    this.#messages.giveBack(id, delayMs);
  }

  async output(id: string): Promise<Uint8Array | undefined> {
    return await readObject(this.#namespace.data, `output.${id}`);
  }

  async stats(): Promise<QueueStats> {
    const finished = await readTotals(this.#namespace.state);
    return { ...await this.#messages.counts(), finished };
  }

  async close(): Promise<void> {
    await this.#namespace.connection.close();
  }

  async #step(
    lease: Lease,
    next: (record: JobRecord) => Omit<JobRecord, "stamp">,
  ): Promise<JobRecord> {
    let isOurs = false;
    const record = await this.#records.change(lease.job.id, (record) => {
      isOurs = isHeld(record, lease);
      return isOurs ? next(record) : undefined;
    });
    if (record && isOurs) return record;
    throw new LeaseLostError();
  }

  async #end(
    lease: Lease,
    state: JobState,
    part: Pick<JobRecord, "result" | "error" | "output">,
  ): Promise<void> {
    const finished = this.#time();
    const record = await this.#step(lease, (record) => ({ ...record, ...part, state, finished }));
    await this.#finish(record);
    this.#messages.acknowledge(record.id);
  }

  /** Everything that follows from a job's end. Idempotent. */
  async #finish(record: JobRecord): Promise<void> {
    const { id, state, result, error } = record, { data } = this.#namespace;
    const outcome = result ?? (error === undefined ? {} : { error });
    await this.#events.publish(id, state as JobEvent["type"], outcome, "end");
    await addToTotals(this.#namespace.state, record);
    for (const name of [inputOf(record), checkpointOf(record)]) {
      if (name) await removeObject(data, name);
    }
    // The message of a job in progress is acknowledged by its worker.
    if (state === "cancelled") await this.#messages.remove(record);
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

function isHeld(record: JobRecord, { attempt }: Lease): boolean {
  return record.state === "running" && record.attempt === attempt;
}

function inputOf({ id, input }: Pick<JobRecord, "id" | "input">): string {
  return `input.${id}.${input}`;
}

function checkpointOf({ id, checkpoint }: Pick<JobRecord, "id" | "checkpoint">) {
  return checkpoint === undefined ? undefined : `checkpoint.${id}.${checkpoint}`;
}
