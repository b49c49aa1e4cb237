/**
 * A job under a lease. The lease is renewed while the work goes on. Whatever goes wrong, the job is released to be done
 * again, or fails with a reason.
 */
import { messageOf } from "../core/errors.ts";
import type { DeviceOptions } from "../trained/trained_vae.ts";
import { type JobQueue, type Lease, LeaseLostError } from "../storage/job_queue.ts";
import { MAX_DELAY_MS } from "../storage/job_rules.ts";
import type { Outcome } from "./messages.ts";

/** A version of a model, as callers know it. */
export interface Published {
  /** Its number. */
  readonly version: number;
  /** SHA-256 of its file. */
  readonly digest: string;
}

/** What a runner needs. */
export interface RunnerOptions {
  /** The queue whose jobs it runs. */
  readonly queue: JobQueue;
  /** Stores a model file as the next version of a name; idempotent for one job. */
  publish(name: string, bytes: Uint8Array, job: string): Promise<Published>;
  /** The model file with that digest, if it still exists. */
  read(digest: string): Promise<Uint8Array | undefined>;
  /** What training runs on. */
  readonly device?: DeviceOptions;
  /** Concurrent jobs (default: 1). */
  readonly concurrency?: number;
  /** Seconds between checkpoints (default: 1). */
  readonly checkpointSeconds?: number;
  /** Stops the runner after final checkpoints; its jobs are released at once. */
  readonly signal: AbortSignal;
  /** Called for every event. */
  readonly log?: (entry: RunnerEntry) => void;
}

/** An entry of a runner's log. */
export interface RunnerEntry {
  /** What happened. */
  readonly event:
    | "claimed"
    | "resumed"
    | "trained"
    | "split"
    | "succeeded"
    | "failed"
    | "lost"
    | "released"
    | "fault";
  /** The job's id. */
  readonly job?: string;
  /** The model that the job trains or scores with. */
  readonly model?: string;
  /** The number of this claim of the job. */
  readonly attempt?: number;
  /** The reason for a failure. */
  readonly reason?: string;
}

/** Renewals in the duration of a lease: two may be missed. */
const RENEWALS = 3;

/** The wait after a temporary fault, in milliseconds: doubled with every attempt, up to the longest. */
const BACKOFF_MS = 500;

/** A job under a lease, for as long as it is held. */
export interface LeasedJob {
  readonly lease: Lease;
  readonly options: RunnerOptions;
  /** Aborted when the lease is lost or the runner stops. */
  readonly signal: AbortSignal;
  log(event: RunnerEntry["event"], reason?: string): void;
}

/** Renews a lease while the work goes on, and releases the job if the work fails. */
export async function runLeased(
  lease: Lease,
  options: RunnerOptions,
  work: (leased: LeasedJob) => Promise<void>,
): Promise<void> {
  const { queue, signal } = options, { id, model } = lease.job;
  const context = { job: id, model, attempt: lease.attempt };
  const log: LeasedJob["log"] = (event, reason) =>
    options.log?.({ event, ...(reason !== undefined && { reason }), ...context });
  log("claimed");
  const ended = new AbortController(), lost = new AbortController();
  const watching = queue.revoked(lease, ended.signal).then(
    () => ended.signal.aborted || lost.abort(),
    () => {},
  );
  const renewing = setInterval(() => {
    queue.heartbeat(lease).catch((error) => {
      if (error instanceof LeaseLostError) lost.abort();
    });
  }, queue.leaseMs / RENEWALS);
  try {
    await work({ lease, options, signal: AbortSignal.any([signal, lost.signal]), log });
  } catch (error) {
    const isLost = error instanceof LeaseLostError || lost.signal.aborted;
    if (!isLost) {
      await retryOrFail(lease, queue, isPublicError(error) ? messageOf(error) : undefined);
    }
    log(isLost ? "lost" : "fault", messageOf(error));
  } finally {
    clearInterval(renewing);
    ended.abort();
    await watching;
  }
}

/** @throws Refusal if the version has been deleted */
export async function modelOf({ options }: LeasedJob, digest: string): Promise<Uint8Array> {
  const bytes = await options.read(digest);
  if (bytes) return bytes;
  throw new Refusal("Cannot score: the version of the model has been deleted in the meantime");
}

/** Releases a stopped job to other workers, fails a refused one, and retries any other. */
export async function endWithoutResult(
  { lease, options: { queue }, log }: LeasedJob,
  outcome: Outcome,
): Promise<void> {
  if (outcome.type === "failed" && outcome.isRefusal) {
    await queue.nack(lease, { reason: outcome.reason, retry: false });
    return log("failed", outcome.reason);
  }
  if (outcome.type === "failed") {
    log("fault", outcome.reason);
    return await retryOrFail(lease, queue);
  }
  // A worker that lost its lease has nothing to release: the queue refuses this.
  await queue.nack(lease, { reason: "the worker stops", retry: true, isRelease: true });
  log("released");
}

/** The job itself is at fault; the message may be shown to its owner. */
class Refusal extends TypeError {
  /** The name of the class, for messages. */
  override readonly name = "Refusal";
}

/** @param refusal why the job is at fault; omitted for an internal fault, whose details stay in the log */
async function retryOrFail(lease: Lease, queue: JobQueue, refusal?: string): Promise<void> {
  await queue.nack(lease, {
    reason: refusal ?? "Cannot finish job: its worker failed: see the worker's log",
    retry: refusal === undefined,
    delayMs: backoff(lease.attempt - 1),
  }).catch(() => {});
}

/** Problems of publishing, such as a name that has become an alias, may be shown. */
function isPublicError(error: unknown): boolean {
  return error instanceof Refusal || (error instanceof TypeError && error.name === "Problem");
}

export function backoff(faults: number): number {
  return Math.min(MAX_DELAY_MS, BACKOFF_MS * 2 ** Math.min(faults, 10));
}
