/**
 * Whoever does jobs: claims one after the other, keeps the lease alive while a thread works, and hands the
 * result over. Whatever goes wrong, the job is left to be done again, or its failure is told.
 *
 * A result is published before the job is acknowledged. Whoever dies between the two leaves a job that
 * another does again, from its last checkpoint; `publish` knows it by its id and makes no second version.
 */
import { type JobQueue, type Lease, LeaseLostError } from "../storage/job_queue.ts";
import type { DeviceOptions } from "../scoring/trained_vae.ts";
import type { TrainSpec } from "./train_job.ts";
import { TrainingThread } from "./training.ts";

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

/** Does jobs until the signal is aborted. */
export async function runJobs(options: RunnerOptions): Promise<void> {
  const { concurrency = 1 } = options;
  await Promise.all(Array.from({ length: concurrency }, () => drain(options)));
}

async function drain(options: RunnerOptions): Promise<void> {
  const { queue, signal, log } = options, thread = new TrainingThread();
  for (let faults = 0; !signal.aborted;) {
    try {
      const lease = await queue.claim(signal);
      if (lease) await perform(lease, thread, options);
      faults = 0;
    } catch (error) {
      // The queue itself does not answer: it may again.
      log?.({ event: "fault", reason: messageOf(error) });
      await pause(backoff(faults++), signal);
    }
  }
  thread.close();
}

async function perform(
  lease: Lease,
  thread: TrainingThread,
  options: RunnerOptions,
): Promise<void> {
  const { queue, signal, log } = options;
  const { id, model } = lease.job;
  const said = { job: id, model, attempt: lease.attempt };
  log?.({ event: "claimed", ...said });
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
    await doTraining(lease, thread, options, AbortSignal.any([signal, lost.signal]), said);
  } catch (error) {
    const isLost = error instanceof LeaseLostError || lost.signal.aborted;
    if (!isLost) await giveBack(lease, queue, isShown(error) ? messageOf(error) : undefined);
    log?.({ event: isLost ? "lost" : "fault", reason: messageOf(error), ...said });
  } finally {
    clearInterval(renewing);
    over.abort();
    await watching;
  }
}

async function doTraining(
  lease: Lease,
  thread: TrainingThread,
  { queue, publish, device = {}, checkpointSeconds = 1, log }: RunnerOptions,
  signal: AbortSignal,
  said: Omit<RunnerEntry, "event">,
): Promise<void> {
  const { id, model } = lease.job;
  const [input, checkpoint] = [await queue.input(lease), await queue.readCheckpoint(lease)];
  if (checkpoint) log?.({ event: "resumed", ...said });
  const outcome = await thread.train({
    spec: lease.job.spec as unknown as TrainSpec,
    input,
    checkpoint,
    everySeconds: checkpointSeconds,
    device,
    keep: (bytes) => queue.writeCheckpoint(lease, bytes),
    tell: (data) => queue.progress(lease, data),
    signal,
  });
  if (outcome.type === "stopped") {
    // Whoever lost the lease has nothing to give back.
    await queue.nack(lease, { reason: "the worker stops", retry: true, isRelease: true });
    return log?.({ event: "released", ...said });
  }
  if (outcome.type === "failed") {
    const { reason, isRefusal } = outcome;
    if (!isRefusal) {
      log?.({ event: "fault", reason, ...said });
      return await giveBack(lease, queue);
    }
    await queue.nack(lease, { reason, retry: false });
    return log?.({ event: "failed", reason, ...said });
  }
  log?.({ event: "trained", ...said });
  const { bytes, ...about } = outcome.trained;
  await queue.seal(lease);
  const { version, digest } = await publish(model, bytes, id);
  await queue.ack(lease, { version, digest, ...about });
  log?.({ event: "succeeded", ...said });
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
  return error instanceof TypeError && error.name === "Problem";
}

function backoff(faults: number): number {
  return Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** Math.min(faults, 10));
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
