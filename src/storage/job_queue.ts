/**
 * A durable queue for long work: a job is accepted once, done by the worker that claims it, and ends in one of three
 * ways. Two implementations: a database in one file (`sqlite/`) and NATS (`nats/`).
 *
 * Delivery is at least once. A claim is a lease: a worker that does not renew it loses the job to another, and whatever
 * it reports about the job from then on is ignored. A job's id is its idempotency key, so asking twice is asking once;
 * its checkpoint outlives the worker that wrote it.
 *
 *     queued ─claim─▶ running ─ack─▶ succeeded
 *       ▲                │├──nack──▶ failed
 *       └─ nack, retry ──┘└─cancel─▶ cancelled      (cancel: from queued too)
 */
import type { UploadStore } from "./upload_store.ts";

/** What a job does: trains a model, scores a file, or scores one of the parts into which a worker has split a file. */
export type JobKind = "train" | "score" | "part";

/** The state of a job; the last three are final. */
export type JobState = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** Plain data. */
export type JobData = Readonly<Record<string, unknown>>;

/** A job to submit. */
export interface NewJob {
  /** A job submitted again with this id is the existing job. */
  readonly id: string;
  /** What it does. */
  readonly kind: JobKind;
  /** The model that it trains or scores with. */
  readonly model: string;
  /** Who submitted it; nobody else sees it. */
  readonly owner: string;
  /** The parameters of its kind. */
  readonly spec: JobData;
}

/** A job and its state. */
export interface Job extends NewJob {
  /** Its state. */
  readonly state: JobState;
  /** ISO 8601, like the other times. */
  readonly created: string;
  /** When it was first claimed. */
  readonly started?: string;
  /** When it ended. */
  readonly finished?: string;
  /** How often it was claimed. */
  readonly attempt: number;
  /** Its worker's latest report. */
  readonly progress?: JobData;
  /** If it succeeded. */
  readonly result?: JobData;
  /** If it failed; may be shown. */
  readonly error?: string;
}

/** What happened to a job. */
export interface JobEvent {
  /** Ascending within a job; `events` resumes after it. */
  readonly id: number;
  /** What happened. */
  readonly type:
    | "queued"
    | "running"
    | "progress"
    | "retrying"
    | "succeeded"
    | "failed"
    | "cancelled";
  /** Numbers of the epoch, the result, or the reason. */
  readonly data: JobData;
}

/** The right to work on a job for a limited time. */
export interface Lease {
  /** The claimed job. */
  readonly job: Job;
  /** The number of this claim; a later claim ends it. */
  readonly attempt: number;
}

/** How a claim ends without success. */
export interface Failure {
  /** Why; may be shown. */
  readonly reason: string;
  /** Whether to try the job again; after many attempts without a checkpoint it fails all the same (`job_rules.ts`). */
  readonly retry: boolean;
  /** Milliseconds before it is tried again, a minute at most (default: 0). */
  readonly delayMs?: number;
  /** Whether the job is not at fault: its worker stops. */
  readonly isRelease?: boolean;
}

/** Counts for the metrics. */
export interface QueueStats {
  /** Jobs waiting for a worker. */
  readonly queued: number;
  /** Jobs under a lease. */
  readonly running: number;
  /** Ended jobs since the queue was created. */
  readonly finished: readonly FinishedJobs[];
}

/** Jobs of one kind that ended the same way. */
export interface FinishedJobs {
  /** What they did. */
  readonly kind: JobKind;
  /** How they ended. */
  readonly state: JobState;
  /** How many. */
  readonly count: number;
  /** Time from the first claim to the end, summed. */
  readonly seconds: number;
}

/** The queue of jobs, and everything that belongs to them. */
export interface JobQueue {
  /**
   * Accepts a job; once this resolves, it is on disk.
   * @returns the job, and whether it is new
   * @throws QueueFullError; JobConflictError if the id belongs to another job
   */
  enqueue(job: NewJob, input: Uint8Array): Promise<{ readonly job: Job; readonly isNew: boolean }>;
  /** A job by its id. */
  find(id: string): Promise<Job | undefined>;
  /** An owner's unfinished jobs, oldest first. */
  unfinished(owner: string): Promise<readonly Job[]>;
  /** Past events after that one, then new ones as they happen, until the job ends or the signal is aborted. */
  events(id: string, after: number, signal: AbortSignal): AsyncGenerator<JobEvent>;
  /** Cancels an unfinished job whose result is not being published. @returns its state now */
  cancel(id: string): Promise<Job | undefined>;

  /** How long a lease lasts without renewal, in milliseconds. */
  readonly leaseMs: number;
  /** Waits for a job to do. @returns undefined once the signal is aborted */
  claim(signal: AbortSignal): Promise<Lease | undefined>;
  /** Resolves when the lease has ended for an outside reason, or the signal is aborted. */
  revoked(lease: Lease, signal: AbortSignal): Promise<void>;
  /** The input as it was submitted. */
  input(lease: Lease): Promise<Uint8Array>;
  /** Renews the lease. @throws LeaseLostError, like all methods below */
  heartbeat(lease: Lease): Promise<void>;
  /** Reports progress to those who follow the job. */
  progress(lease: Lease, data: JobData): Promise<void>;
  /** The job's last checkpoint, whichever worker wrote it. */
  readCheckpoint(lease: Lease): Promise<Uint8Array | undefined>;
  /** Stores a checkpoint; replaces the last one. */
  writeCheckpoint(lease: Lease, bytes: Uint8Array): Promise<void>;
  /** From here on nobody can cancel the job: its result is about to be published. */
  seal(lease: Lease): Promise<void>;
  /** Ends the job as succeeded. @param output a file for callers, kept with the job */
  ack(lease: Lease, result: JobData, output?: Uint8Array): Promise<void>;
  /** Ends the claim without success. */
  nack(lease: Lease, failure: Failure): Promise<void>;

  /** The output of a job that succeeded. */
  output(id: string): Promise<Uint8Array | undefined>;
  /** Counts for the metrics. */
  stats(): Promise<QueueStats>;
  /** Files that jobs can use. */
  readonly uploads: UploadStore;
  /** Releases open resources. */
  close(): Promise<void>;
}

/** The queue accepts no more jobs for now. */
export class QueueFullError extends RangeError {
  /** The name of the class, for messages. */
  override readonly name = "QueueFullError";
}

/** The id belongs to another job. */
export class JobConflictError extends TypeError {
  /** The name of the class, for messages. */
  override readonly name = "JobConflictError";

  /** The message is always the same. */
  constructor() {
    super("Cannot accept job: its id belongs to another job");
  }
}

/** The job was cancelled, or another worker has it now. */
export class LeaseLostError extends Error {
  /** The name of the class, for messages. */
  override readonly name = "LeaseLostError";

  /** The message is always the same. */
  constructor() {
    super("Cannot go on: the job was cancelled or taken over by another worker");
  }
}
