/**
 * The queue in a SQLite file. Every step of a job is one transaction, which checks the lease, changes the job and
 * writes its event: a process that is killed leaves the job either before the step or after it.
 *
 * Times come from the given clock: processes that share a file share their machine's clock. If it is set back, jobs
 * that wait are due at once, and those of dead workers within MAX_LEASE_MS; if it is set ahead, leases may end early,
 * which costs their jobs the steps since the last checkpoint.
 */
import type { SQLInputValue } from "node:sqlite";
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
  MAX_DELAY_MS,
  OUT_OF_ATTEMPTS,
  stalledAfter,
} from "../job_rules.ts";
import { digestOf } from "../model_store.ts";
import type { Database, Row } from "./database.ts";
import { keepBlob, readBlob, storing, sweepBlobs } from "./blobs.ts";
import { jobOf, JobRows, UNFINISHED } from "./job_rows.ts";
import { SqliteUploads } from "./uploads.ts";

/** Options of a queue. */
export interface SqliteQueueOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long a lease lasts without renewal (default: 15 seconds). */
  readonly leaseMs?: number;
  /** Unfinished jobs at once; more are refused (default: 100). */
  readonly maxJobs?: number;
  /** How long a finished job is kept (default: 7 days). */
  readonly keepSeconds?: number;
}

/** The row of a job that exists. */
type JobRow = Row & { readonly number: SQLInputValue };

/** The longest wait for something that no other process announces. */
const MAX_WAIT_MS = 1000;

/** The longest lease that another process may have been given, unless this one has a longer one: an hour. */
const MAX_LEASE_MS = 3_600_000;

/** When the next job may be claimed, and the last of each state. */
const DUE = `SELECT min(due) AS due, max(CASE state WHEN 'queued' THEN due END) AS queued,
  max(CASE state WHEN 'running' THEN due END) AS running FROM jobs WHERE ${UNFINISHED}`;

/** A queue in a SQLite file. */
export class SqliteQueue implements JobQueue {
  readonly uploads: SqliteUploads;
  readonly leaseMs: number;
  readonly #db: Database;
  readonly #now: () => number;
  readonly #rows: JobRows;
  readonly #maxJobs: number;
  readonly #maxLeaseMs: number;

  constructor(db: Database, options: SqliteQueueOptions) {
    const { now, leaseMs = 15_000, maxJobs = 100, keepSeconds = 7 * 86_400 } = options;
    this.#db = db;
    this.#now = now;
    this.leaseMs = leaseMs;
    this.#maxJobs = maxJobs;
    this.#maxLeaseMs = Math.max(MAX_LEASE_MS, leaseMs);
    this.#rows = new JobRows(db, now, keepSeconds * 1000);
    this.uploads = new SqliteUploads(db, now);
  }

  async enqueue(job: NewJob, input: Uint8Array): Promise<{ job: Job; isNew: boolean }> {
    const digest = await digestOf(input), ownFingerprint = fingerprint(job, digest);
    return await storing(this.#db, digest, input, () => {
      const existing = this.#rows.find(job.id);
      if (existing && existing.fingerprint !== ownFingerprint) {
        throw new JobConflictError();
      }
      if (existing) return { job: jobOf(existing), isNew: false };
      const { count } = this.#db.row(`SELECT count(*) AS count FROM jobs WHERE ${UNFINISHED}`)!;
      if (Number(count) >= this.#maxJobs) {
        throw new QueueFullError(
          `Cannot accept job: unfinished jobs must be fewer than ${this.#maxJobs}, got ${count}`,
        );
      }
      this.#rows.forgetOld();
      keepBlob(this.#db, digest, input);
      const { id, kind, model, owner, spec } = job, now = this.#now();
      this.#db.run(
        `INSERT INTO jobs (id, kind, model, owner, spec, fingerprint, state, due, input, created)
         VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?)`,
        ...[id, kind, model, owner, JSON.stringify(spec), ownFingerprint, now, digest, now],
      );
      this.#rows.addEvent(id, "queued");
      return { job: jobOf(this.#rows.find(id)!), isNew: true };
    });
  }

  async find(id: string): Promise<Job | undefined> {
    const row = this.#rows.find(id);
    return row && jobOf(row);
  }

  async unfinished(owner: string): Promise<readonly Job[]> {
    return this.#db.rows(
      `SELECT * FROM jobs WHERE owner = ? AND ${UNFINISHED} ORDER BY number`,
      owner,
    ).map(jobOf);
  }

  async *events(id: string, after: number, signal: AbortSignal): AsyncGenerator<JobEvent> {
    for (let last = after; !signal.aborted;) {
      const rows = this.#db.rows(
        "SELECT number, type, data FROM events WHERE job = ? AND number > ? ORDER BY number",
        id,
        last,
      );
      for (const { number, type, data } of rows) {
        last = Number(number);
        yield { id: last, type: type as JobEvent["type"], data: JSON.parse(String(data)) };
      }
      if (rows.length > 0) continue;
      const row = this.#rows.find(id);
      if (!row || isOver(row.state as JobState)) return;
      await this.#db.changed(MAX_WAIT_MS, signal);
    }
  }

  async cancel(id: string): Promise<Job | undefined> {
    return await this.#db.freeing(() => {
      const row = this.#rows.find(id);
      if (row && !isOver(row.state as JobState) && !row.sealed) {
        this.#rows.finish(row, "cancelled", {});
      }
      const now = this.#rows.find(id);
      return now && jobOf(now);
    });
  }

  async claim(signal: AbortSignal): Promise<Lease | undefined> {
    while (!signal.aborted) {
      const row = this.#db.row(DUE)!, now = this.#now();
      if (Number(row.queued) > now + MAX_DELAY_MS || Number(row.running) > now + this.#maxLeaseMs) {
        await this.#correctDue(now);
        continue;
      }
      const wait = row.due === null ? MAX_WAIT_MS : Number(row.due) - now;
      if (wait > 0) {
        await this.#db.changed(Math.min(wait, MAX_WAIT_MS), signal);
        continue;
      }
      const lease = await this.#lease();
      if (lease) return lease;
    }
  }

  /** Since some jobs were written the clock has been set back. A worker that lives renews its lease. */
  async #correctDue(now: number): Promise<void> {
    await this.#db.transaction(() => {
      const set = "UPDATE jobs SET due = ? WHERE due > ? AND state = ?";
      this.#db.run(set, now, now + MAX_DELAY_MS, "queued");
      this.#db.run(set, now + this.leaseMs, now + this.#maxLeaseMs, "running");
    });
  }

  #lease(): Promise<Lease | undefined> {
    return this.#db.transaction(() => {
      const now = this.#now();
      const row = this.#db.row(
        `SELECT * FROM jobs WHERE ${UNFINISHED} AND due <= ? ORDER BY number LIMIT 1`,
        now,
      );
      if (!row) return undefined;
      if (Number(row.stalled) >= MAX_ATTEMPTS) {
        this.#rows.finish(row, "failed", { error: OUT_OF_ATTEMPTS });
        return undefined;
      }
      this.#db.run(
        `UPDATE jobs SET state = 'running', sealed = 0, due = ?, attempt = attempt + 1, stalled = stalled + 1,
           started = coalesce(started, ?) WHERE number = ?`,
        ...[now + this.leaseMs, now, row.number],
      );
      const job = jobOf(this.#rows.find(String(row.id))!);
      this.#rows.addEvent(job.id, "running", { attempt: job.attempt });
      return { job, attempt: job.attempt };
    });
  }

  async revoked(lease: Lease, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#rows.isHeld(lease)) await this.#db.changed(MAX_WAIT_MS, signal);
  }

  async input({ job: { id } }: Lease): Promise<Uint8Array> {
    const digest = this.#rows.find(id)?.input;
    return await intactInput(await readBlob(this.#db, digest), digest);
  }

  async heartbeat(lease: Lease): Promise<void> {
    await this.#step(lease, ({ number }) => {
      const due = this.#now() + this.leaseMs;
      this.#db.run("UPDATE jobs SET due = ? WHERE number = ?", due, number);
    });
  }

  async progress(lease: Lease, data: JobData): Promise<void> {
    await this.#step(lease, ({ number }) => {
      this.#db.run("UPDATE jobs SET progress = ? WHERE number = ?", JSON.stringify(data), number);
      this.#rows.addEvent(lease.job.id, "progress", data);
    });
  }

  async readCheckpoint({ job: { id } }: Lease): Promise<Uint8Array | undefined> {
    const digest = this.#rows.find(id)?.checkpoint;
    return await intactCheckpoint(await readBlob(this.#db, digest), digest);
  }

  async writeCheckpoint(lease: Lease, bytes: Uint8Array): Promise<void> {
    const digest = await digestOf(bytes);
    await storing(this.#db, digest, bytes, () => {
      const { number, checkpoint } = this.#held(lease);
      keepBlob(this.#db, digest, bytes);
      this.#db.run("UPDATE jobs SET checkpoint = ?, stalled = 0 WHERE number = ?", digest, number);
      sweepBlobs(this.#db, [checkpoint]);
    });
  }

  async seal(lease: Lease): Promise<void> {
    await this.#step(lease, ({ number }) => {
      this.#db.run("UPDATE jobs SET sealed = 1 WHERE number = ?", number);
    });
  }

  async ack(lease: Lease, result: JobData, output?: Uint8Array): Promise<void> {
    if (!output) {
      return await this.#step(lease, (row) => this.#rows.finish(row, "succeeded", { result }));
    }
    const digest = await digestOf(output);
    await storing(this.#db, digest, output, () => {
      const row = this.#held(lease);
      keepBlob(this.#db, digest, output);
      this.#rows.finish(row, "succeeded", { result, output: digest });
    });
  }

  async nack(lease: Lease, failure: Failure): Promise<void> {
    const { reason, delayMs = 0 } = failure;
    await this.#step(lease, (row) => {
      const stalled = stalledAfter(Number(row.stalled), failure);
      if (stalled === undefined) return this.#rows.finish(row, "failed", { error: reason });
      this.#db.run(
        "UPDATE jobs SET state = 'queued', sealed = 0, due = ?, stalled = ? WHERE number = ?",
        ...[this.#now() + Math.min(delayMs, MAX_DELAY_MS), stalled, row.number],
      );
      this.#rows.addEvent(lease.job.id, "retrying", { reason });
    });
  }

  async output(id: string): Promise<Uint8Array | undefined> {
    return await readBlob(this.#db, this.#rows.find(id)?.output);
  }

  async stats(): Promise<QueueStats> {
    return this.#rows.stats();
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  /** One step by the holder of a lease. An expired lease holds until another worker claims the job. */
  async #step(lease: Lease, work: (row: JobRow) => void): Promise<void> {
    await this.#db.transaction(() => work(this.#held(lease)));
  }

  /** The row of the job. @throws LeaseLostError */
  #held(lease: Lease): JobRow {
    if (!this.#rows.isHeld(lease)) throw new LeaseLostError();
    return this.#rows.find(lease.job.id) as JobRow;
  }
}
