/**
 * Long work that must not get lost: a job is accepted once, done by whoever claims it, and ends in one
 * of three ways. Behind the interface stand a database in one file (`sqlite/`) and NATS (`nats/`).
 *
 * Delivery is at least once. A claim is a lease: who does not renew it loses the job to another, and
 * what it says of the job from then on counts for nothing. A job's id is the id of its message, so that
 * asking twice is asking once; its checkpoint outlives who wrote it.
 *
 *     queued ─claim─▶ running ─ack─▶ succeeded
 *       ▲                │├──nack──▶ failed
 *       └─ nack, retry ──┘└─cancel─▶ cancelled      (cancel: from queued too)
 */
import { digestOf } from "./model_store.ts";

/** What is to be done: fit a model, score a file, or score one of the parts into which a worker has split a file. */
export type JobKind = "train" | "score" | "part";

/** Where a job stands; the last three are ends. */
export type JobState = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** Plain data. */
export type JobData = Readonly<Record<string, unknown>>;

/** A job to be accepted. */
export interface NewJob {
  /** Whoever asks again with this id gets the job that there is. */
  readonly id: string;
  /** What is to be done. */
  readonly kind: JobKind;
  /** The model that it makes, or asks. */
  readonly model: string;
  /** Who asked; only they see it. */
  readonly owner: string;
  /** What its kind needs to know. */
  readonly spec: JobData;
}

/** A job as it stands. */
export interface Job extends NewJob {
  /** Where it stands. */
  readonly state: JobState;
  /** ISO 8601, as the other times. */
  readonly created: string;
  /** When it was first claimed. */
  readonly started?: string;
  /** When it came to its end. */
  readonly finished?: string;
  /** How often it was claimed. */
  readonly attempt: number;
  /** What its worker said last. */
  readonly progress?: JobData;
  /** Of a success. */
  readonly result?: JobData;
  /** Of a failure; fit to be shown. */
  readonly error?: string;
}

/** What happened to a job. */
export interface JobEvent {
  /** Ascending for one job; another one goes on after it. */
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

/** The right to do a job, for a time. */
export interface Lease {
  /** Which job. */
  readonly job: Job;
  /** The claim; a later one ends this one. */
  readonly attempt: number;
}

/** How a claim that did not succeed ends. */
export interface Failure {
  /** Fit to be shown. */
  readonly reason: string;
  /** Whether the job is to be tried again; after MAX_ATTEMPTS without progress it fails all the same. */
  readonly retry: boolean;
  /** Milliseconds until then; 0. */
  readonly delayMs?: number;
  /** Whether the job itself is innocent: its worker stops. */
  readonly isRelease?: boolean;
}

/** Counts for the metrics. */
export interface QueueStats {
  /** Jobs that wait. */
  readonly queued: number;
  /** Jobs under a lease. */
  readonly running: number;
  /** Since the queue exists. */
  readonly finished: readonly FinishedJobs[];
}

/** Jobs of a kind that ended alike. */
export interface FinishedJobs {
  /** What was done. */
  readonly kind: JobKind;
  /** How it ended. */
  readonly state: JobState;
  /** How many. */
  readonly count: number;
  /** From the first claim to the end, summed. */
  readonly seconds: number;
}

/** A file that jobs can be made from. */
export interface Upload {
  /** With the extension that says its format. */
  readonly name: string;
  /** Whose. */
  readonly owner: string;
  /** Its size. */
  readonly bytes: number;
  /** SHA-256, 64 hexadecimal digits. */
  readonly digest: string;
  /** When it was stored, ISO 8601. */
  readonly created: string;
}

/** Files of callers, by owner and name. */
export interface UploadStore {
  /** Keeps a file in the place of one of the same name. */
  put(owner: string, name: string, bytes: Uint8Array): Promise<Upload>;
  /** The files of an owner, by name. */
  list(owner: string): Promise<readonly Upload[]>;
  /** The bytes of a file. */
  read(owner: string, name: string): Promise<Uint8Array | undefined>;
  /** Forgets a file. @returns whether there was one */
  delete(owner: string, name: string): Promise<boolean>;
}

/** Jobs and all that belongs to them. */
export interface JobQueue {
  /**
   * Accepts a job; once this resolves, it is on the disk.
   * @returns the job, and whether it is new
   * @throws QueueFullError; JobConflictError if the id belongs to another job
   */
  enqueue(job: NewJob, input: Uint8Array): Promise<{ readonly job: Job; readonly isNew: boolean }>;
  /** A job by its id. */
  find(id: string): Promise<Job | undefined>;
  /** The jobs of an owner that have not ended, the oldest first. */
  unfinished(owner: string): Promise<readonly Job[]>;
  /** What has happened after that event, and what happens, to the end of the job or the signal. */
  events(id: string, after: number, signal: AbortSignal): AsyncGenerator<JobEvent>;
  /** Ends a job that has not ended and whose result is not being published. @returns it as it is now */
  cancel(id: string): Promise<Job | undefined>;

  /** How long a job stays with a claimant that says nothing, milliseconds. */
  readonly leaseMs: number;
  /** Waits for a job to do. @returns undefined once the signal is aborted */
  claim(signal: AbortSignal): Promise<Lease | undefined>;
  /** Resolves once the lease has ended by another's doing, or the signal is aborted. */
  revoked(lease: Lease, signal: AbortSignal): Promise<void>;
  /** The input as it was accepted. */
  input(lease: Lease): Promise<Uint8Array>;
  /** Renews the lease. @throws LeaseLostError, as all below */
  heartbeat(lease: Lease): Promise<void>;
  /** Tells those who watch. */
  progress(lease: Lease, data: JobData): Promise<void>;
  /** The last checkpoint of the job, whoever wrote it. */
  readCheckpoint(lease: Lease): Promise<Uint8Array | undefined>;
  /** Keeps a checkpoint in the place of the last. */
  writeCheckpoint(lease: Lease, bytes: Uint8Array): Promise<void>;
  /** From here on nobody can cancel: the result is about to be seen. */
  seal(lease: Lease): Promise<void>;
  /** Done. @param output what a caller may read; kept with the job */
  ack(lease: Lease, result: JobData, output?: Uint8Array): Promise<void>;
  /** Not done. */
  nack(lease: Lease, failure: Failure): Promise<void>;

  /** What a job that succeeded has put out. */
  output(id: string): Promise<Uint8Array | undefined>;
  /** Counts for the metrics. */
  stats(): Promise<QueueStats>;
  /** Files that jobs can be made from. */
  readonly uploads: UploadStore;
  /** Lets go of what is open. */
  close(): Promise<void>;
}

/** Claims of a job without a new checkpoint after which it is given up. */
export const MAX_ATTEMPTS = 25;

/** Whether a job has come to its end. */
export function isOver(state: JobState): boolean {
  return state !== "queued" && state !== "running";
}

/** No more jobs are taken for now. */
export class QueueFullError extends RangeError {
  /** For messages. */
  override readonly name = "QueueFullError";
}

/** The id belongs to another job. */
export class JobConflictError extends TypeError {
  /** For messages. */
  override readonly name = "JobConflictError";

  /** Always says the same. */
  constructor() {
    super("Cannot accept job: its id belongs to another job");
  }
}

/** The job was cancelled, or another has it now. */
export class LeaseLostError extends Error {
  /** For messages. */
  override readonly name = "LeaseLostError";

  /** Always says the same. */
  constructor() {
    super("Cannot go on: the job was cancelled, or another worker has it");
  }
}

/**
 * Two jobs with the same are the same, whatever their id. `spec.asked` is the digest of what a caller asked for: what
 * that comes to, such as the version that is served, may change while asking again.
 */
export function fingerprint({ kind, model, owner, spec }: NewJob, inputDigest: string): string {
  if (spec.asked !== undefined) return JSON.stringify([kind, model, owner, spec.asked]);
  return JSON.stringify([kind, model, owner, spec, inputDigest]);
}

/** The bytes. @throws SyntaxError if they are not those of the digest */
export async function soundInput<Bytes extends Uint8Array>(
  bytes: Bytes,
  digest: string,
): Promise<Bytes> {
  if (await digestOf(bytes) === digest) return bytes;
  throw new SyntaxError("Cannot read input: its bytes are damaged");
}
