/** How a job comes into the queue: under an id that asking again finds, and answered with where it is. */
import { digestOf } from "../../storage/model_store.ts";
import {
  type Job,
  JobConflictError,
  type NewJob,
  QueueFullError,
} from "../../storage/job_queue.ts";
import type { Call } from "../call.ts";
import { invalid, Problem } from "../problems.ts";
import { type Reply, respond } from "../responses.ts";
import type { JobIntake } from "../jobs/job_intake.ts";
import { jobAnswer } from "./jobs.ts";

/** Seconds after which whoever found the queue full may ask again. */
const RETRY_SECONDS = 5;

/** What was asked for: its digest tells whether asking again is asking for the same. */
export async function askedOf(body: unknown): Promise<string> {
  return await digestOf(new TextEncoder().encode(JSON.stringify(body)));
}

/**
 * The job that the key has had before, whatever has become of the model and the upload since.
 * @throws Problem if something else was asked for with it
 */
export async function recallJob(
  call: Call,
  { queue }: JobIntake,
  { id, asked }: { readonly id: string; readonly asked: string },
): Promise<Reply | undefined> {
  if (!call.head.has("idempotency-key")) return undefined;
  const job = await queue.find(id);
  if (!job) return undefined;
  if (job.spec.asked !== asked) throw anotherJob();
  return jobReply(call, job, 200);
}

/** @returns 202, or 200 and the job that there is */
export async function acceptJob(
  call: Call,
  training: JobIntake,
  asked: NewJob,
  input: Uint8Array,
): Promise<Reply> {
  const { job, isNew } = await enqueue(training, asked, input);
  return jobReply(call, job, isNew ? 202 : 200);
}

function anotherJob(): Problem {
  return new Problem("conflict", "Cannot accept job: its idempotency key belongs to another one");
}

function jobReply(call: Call, job: Job, status: number): Reply {
  const prefix = call.path.slice(0, call.path.lastIndexOf("/v1/models/"));
  return respond(jobAnswer(job), {
    status,
    headers: { location: `${prefix}/v1/jobs/${job.id}` },
  });
}

function enqueue({ queue, turns, perCaller }: JobIntake, job: NewJob, input: Uint8Array) {
  return turns.take(job.owner, async () => {
    const theirs = await queue.unfinished(job.owner);
    // One that is there already is not another one.
    if (theirs.length >= perCaller.jobs && !theirs.some(({ id }) => id === job.id)) {
      throw tooMany(
        `Cannot accept job: a caller has at most ${perCaller.jobs} that have not ended: GET /v1/jobs lists yours`,
      );
    }
    try {
      return await queue.enqueue(job, input);
    } catch (error) {
      if (error instanceof JobConflictError) throw anotherJob();
      throw error instanceof QueueFullError ? tooMany(error.message) : error;
    }
  });
}

function tooMany(detail: string): Problem {
  return new Problem("queue-full", detail, { headers: { "retry-after": `${RETRY_SECONDS}` } });
}

/** Visible ASCII, as a header may hold it. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** The same for the same key of one caller and model; another one each time without a key. */
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
