/**
 * Runs jobs: claims one after the other, renews the lease while a thread works, and delivers the result. Whatever goes
 * wrong, the job is released to be done again, or its failure is reported.
 *
 * A model is published before its job is acknowledged. A worker that dies between the two leaves a job that another
 * worker repeats from its last checkpoint; `publish` recognises the job's id and makes no second version.
 */
import { messageOf } from "../core/errors.ts";
import type { Lease } from "../storage/job_queue.ts";
import { isOver } from "../storage/job_rules.ts";
import { StorageBusyError } from "../storage/storage_busy.ts";
import { StorageFullError } from "../storage/storage_full.ts";
import { doScoring } from "./score_in_parts.ts";
import {
  backoff,
  endWithoutResult,
  type LeasedJob,
  modelOf,
  runLeased,
  type RunnerOptions,
} from "./leased_job.ts";
import type { PartSpec } from "./score_job.ts";
import type { TrainSpec } from "./train_job.ts";
import { WorkThread } from "./work_thread.ts";

export type { Published, RunnerEntry, RunnerOptions } from "./leased_job.ts";

/** Runs jobs until the signal is aborted. */
export async function runJobs(options: RunnerOptions): Promise<void> {
  const { concurrency = 1 } = options;
  await Promise.all(Array.from({ length: concurrency }, () => workThroughQueue(options)));
}

async function workThroughQueue(options: RunnerOptions): Promise<void> {
  const { queue, signal, log } = options, thread = new WorkThread();
  const gathering = new Set<Promise<void>>();
  for (let faults = 0; !signal.aborted;) {
    try {
      const lease = await queue.claim(signal);
      if (lease) await perform(lease, thread, options, gathering);
      faults = 0;
    } catch (error) {
      // The queue does not respond, but may later.
      log?.({ event: "fault", reason: messageOf(error) });
      await pause(backoff(faults++), signal);
    }
  }
  await Promise.all(gathering);
  thread.close();
}

/** @param gathering jobs that no longer use the thread: they wait for other jobs */
async function perform(
  lease: Lease,
  thread: WorkThread,
  options: RunnerOptions,
  gathering: Set<Promise<void>>,
): Promise<void> {
  const { kind } = lease.job;
  if (kind === "train") {
    return await runLeased(lease, options, (leased) => doTraining(leased, thread));
  }
  if (kind === "part") return await runLeased(lease, options, (leased) => doPart(leased, thread));
  // Any free worker scores its parts, this one included: only the splitting uses the thread.
  let onSplit = (): void => {};
  const isSplit = new Promise<void>((resolve) => onSplit = resolve);
  const scoring = runLeased(lease, options, (leased) => doScoring(leased, thread, onSplit)).finally(
    () => {
      gathering.delete(scoring);
      onSplit();
    },
  );
  gathering.add(scoring);
  await isSplit;
}

async function doTraining(
  { lease, options, signal, log }: LeasedJob,
  thread: WorkThread,
): Promise<void> {
  const { queue, publish, device = {}, checkpointSeconds = 1 } = options, { id, model } = lease.job;
  const [input, checkpoint] = [await queue.input(lease), await queue.readCheckpoint(lease)];
  if (checkpoint) log("resumed");
  const spec = lease.job.spec as unknown as TrainSpec, everySeconds = checkpointSeconds;
  const outcome = await thread.do(
    { type: "train", spec, input, checkpoint, everySeconds, device },
    {
      saveCheckpoint: (bytes) => ifTaken(queue.writeCheckpoint(lease, bytes), log),
      reportProgress: (data) => ifTaken(queue.progress(lease, data), log),
      signal,
    },
  );
  if (outcome.type !== "trained") {
    return await endWithoutResult({ lease, options, signal, log }, outcome);
  }
  log("trained");
  const { bytes, ...result } = outcome.trained;
  await queue.seal(lease);
  const { version, digest } = await publish(model, bytes, id);
  await queue.ack(lease, { version, digest, ...result });
  log("succeeded");
}

/** Work goes on without a checkpoint or progress that a full or busy store does not take: by its end it may. */
async function ifTaken(writing: Promise<void>, log: LeasedJob["log"]): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if (!(error instanceof StorageFullError || error instanceof StorageBusyError)) throw error;
    log("fault", messageOf(error));
  }
}

async function doPart(leased: LeasedJob, thread: WorkThread): Promise<void> {
  const { lease, options: { queue, device = {} }, signal, log } = leased;
  const { whole, digest, ...spec } = lease.job.spec as unknown as PartSpec;
  const owner = await queue.find(whole);
  if (!owner || isOver(owner.state)) {
    await queue.nack(lease, { reason: "the job that it belongs to has ended", retry: false });
    return log("failed", "the job that it belongs to has ended");
  }
  const input = await queue.input(lease), model = await modelOf(leased, digest);
  const outcome = await thread.do({ type: "score", input, model, device, ...spec }, { signal });
  if (outcome.type !== "scored") return await endWithoutResult(leased, outcome);
  const { lines, rows, anomalies } = outcome.scored;
  await queue.ack(lease, { rows, anomalies }, lines);
  log("succeeded");
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
