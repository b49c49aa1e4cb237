/** Queues a job under an id that a repeated request finds again, and answers with its address. */
import { digestOf } from "../../storage/model_store.ts";
import {
  type Job,
  JobConflictError,
  type NewJob,
  QueueFullError,
} from "../../storage/job_queue.ts";
import type { Call } from "../exchange/call.ts";
import { invalid, Problem } from "../answers/problems.ts";
import { type Reply, respond } from "../answers/responses.ts";
import type { JobIntake } from "../jobs/job_intake.ts";
import { jobAnswer } from "./jobs.ts";

/** Seconds to wait before retrying when the queue is full. */
const RETRY_SECONDS = 5;

/** A digest of what was asked for, which tells whether a repeated request is the same. @param text its JSON */
export async function requestDigest(text: string): Promise<string> {
  return await digestOf(new TextEncoder().encode(text));
}

/**
 * The job that already exists for this key, whatever has become of the model and the upload since.
 * @throws Problem if the key was used for a different request
 */
export async function recallJob(
  call: Call,
  { queue }: JobIntake,
  { id, digest }: { readonly id: string; readonly digest: string },
): Promise<Reply | undefined> {
  if (!call.head.has("idempotency-key")) return undefined;
  const job = await queue.find(id);
  if (!job) return undefined;
  if (job.spec.asked !== digest) throw keyConflict();
  return jobReply(call, job, 200);
}

/** @returns 202, or 200 and the job that already exists */
export async function acceptJob(
  call: Call,
  training: JobIntake,
  newJob: NewJob,
  input: Uint8Array,
): Promise<Reply> {
  const { job, isNew } = await enqueue(training, newJob, input);
  return jobReply(call, job, isNew ? 202 : 200);
}

function keyConflict(): Problem {
  return new Problem("conflict", "Cannot accept job: its idempotency key was used for another job");
}

function jobReply(call: Call, job: Job, status: number): Reply {
  const prefix = call.path.slice(0, call.path.lastIndexOf("/v1/models/"));
  return respond(jobAnswer(job), {
    status,
    headers: { location: `${prefix}/v1/jobs/${job.id}` },
  });
}

function enqueue({ queue, callerLock, perCaller }: JobIntake, job: NewJob, input: Uint8Array) {
  return callerLock.run(job.owner, async () => {
    const unfinished = await queue.unfinished(job.owner);
    // A job that already exists does not count as one more.
    if (unfinished.length >= perCaller.jobs && !unfinished.some(({ id }) => id === job.id)) {
      throw tooMany(
        `Cannot accept job: a caller has at most ${perCaller.jobs} unfinished (GET /v1/jobs lists yours)`,
      );
    }
    try {
      return await queue.enqueue(job, input);
    } catch (error) {
      if (error instanceof JobConflictError) throw keyConflict();
      throw error instanceof QueueFullError ? tooMany(error.message) : error;
    }
  });
}

function tooMany(detail: string): Problem {
  return new Problem("queue-full", detail, { headers: { "retry-after": `${RETRY_SECONDS}` } });
}

/** Visible ASCII, as a header may contain. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** The same id for the same key, caller and model; without a key, a random one. */
export async function jobId(
  key: string | null,
  owner: string,
  model: string,
): Promise<string> {
  if (key === null) return crypto.randomUUID().replaceAll("-", "");
  if (!KEY.test(key)) {
    throw invalid("", "Cannot read idempotency-key: expected 1 to 255 visible ASCII characters");
  }
  const text = JSON.stringify([owner, model, key]);
  return (await digestOf(new TextEncoder().encode(text))).slice(0, 32);
}
