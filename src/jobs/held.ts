/**
 * A job under a lease: kept alive while the work goes on, and left to be done again, or failed in words, whatever
 * goes wrong with it.
 */
import { messageOf } from "../core/errors.ts";
import type { DeviceOptions } from "../trained/trained_vae.ts";
import { type JobQueue, type Lease, LeaseLostError } from "../storage/job_queue.ts";
import type { Outcome } from "./messages.ts";

/** A version of a model, as it is known to callers. */
export interface Published {
  /** Its number. */
  readonly version: number;
  /** SHA-256 of its file. */
  readonly digest: string;
}

/** What a runner works with. */
export interface RunnerOptions {
  /** Whose jobs are done. */
  readonly queue: JobQueue;
  /** Makes a model file the next version of a name; twice for one job is once. */
  publish(name: string, bytes: Uint8Array, job: string): Promise<Published>;
  /** The model file with that digest, if it is still there. */
  read(digest: string): Promise<Uint8Array | undefined>;
  /** What training runs on. */
  readonly device?: DeviceOptions;
  /** Jobs at once; 1. */
  readonly concurrency?: number;
  /** Seconds between two checkpoints; 1. */
  readonly checkpointSeconds?: number;
  /** Ends the runner, after last checkpoints; its jobs are free at once. */
  readonly signal: AbortSignal;
  /** Told of what happens, in a line each. */
  readonly log?: (entry: RunnerEntry) => void;
}

/** One line of a runner's log. */
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
  /** Its id. */
  readonly job?: string;
  /** The model that it makes. */
  readonly model?: string;
  /** Which claim of the job this is. */
  readonly attempt?: number;
  /** Why, where it did not go well. */
  readonly reason?: string;
}

/** How many renewals a lease lasts for: two may go missing. */
const RENEWALS = 3;

/** Waiting after a fault that may pass, milliseconds: doubled with every attempt, up to a minute. */
const BACKOFF_MS = 500, MAX_BACKOFF_MS = 60_000;

/** A job under a lease, for as long as it is held. */
export interface Held {
  readonly lease: Lease;
  readonly options: RunnerOptions;
  /** Aborted when the lease is lost, or the runner ends. */
  readonly signal: AbortSignal;
  log(event: RunnerEntry["event"], reason?: string): void;
}

/** Keeps a lease alive while the work goes on, and gives back what it did not bring to an end. */
export async function hold(
  lease: Lease,
  options: RunnerOptions,
  work: (held: Held) => Promise<void>,
): Promise<void> {
  const { queue, signal } = options, { id, model } = lease.job;
  const said = { job: id, model, attempt: lease.attempt };
  const log: Held["log"] = (event, reason) =>
    options.log?.({ event, ...(reason !== undefined && { reason }), ...said });
  log("claimed");
  const over = new AbortController(), lost = new AbortController();
  const watching = queue.revoked(lease, over.signal).then(
    () => over.signal.aborted || lost.abort(),
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
    if (!isLost) await giveBack(lease, queue, isShown(error) ? messageOf(error) : undefined);
    log(isLost ? "lost" : "fault", messageOf(error));
  } finally {
    clearInterval(renewing);
    over.abort();
    await watching;
  }
}

/** @throws Refusal if the version has been deleted since */
export async function modelOf({ options }: Held, digest: string): Promise<Uint8Array> {
  const bytes = await options.read(digest);
  if (bytes) return bytes;
  throw new Refusal("Cannot score: the version of the model has been deleted meanwhile");
}

/** What was stopped is another's to go on with; what was refused is at its end; the rest is tried again. */
export async function endBroken(
  { lease, options: { queue }, log }: Held,
  outcome: Outcome,
): Promise<void> {
  if (outcome.type === "failed" && outcome.isRefusal) {
    await queue.nack(lease, { reason: outcome.reason, retry: false });
    return log("failed", outcome.reason);
  }
  if (outcome.type === "failed") {
    log("fault", outcome.reason);
    return await giveBack(lease, queue);
  }
  // Whoever lost the lease has nothing to give back.
  await queue.nack(lease, { reason: "the worker stops", retry: true, isRelease: true });
  log("released");
}

/** The job itself is at fault, in words that its owner may read. */
export class Refusal extends TypeError {
  /** For messages. */
  override readonly name = "Refusal";
}

/** @param refusal why the job is at fault; of a fault of ours, what it says of the inside stays in the log */
async function giveBack(lease: Lease, queue: JobQueue, refusal?: string): Promise<void> {
  await queue.nack(lease, {
    reason: refusal ?? "Cannot finish job: its worker failed: the worker's log says why",
    retry: refusal === undefined,
    delayMs: backoff(lease.attempt - 1),
  }).catch(() => {});
}

/** Problems of publishing, such as a name that has become an alias, are fit to be shown. */
function isShown(error: unknown): boolean {
  return error instanceof Refusal || (error instanceof TypeError && error.name === "Problem");
}

export function backoff(faults: number): number {
  return Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** Math.min(faults, 10));
}
