/** How a job comes into the queue: under an id that asking again finds, and answered with where it is. */
import { digestOf } from "../../storage/model_store.ts";
import { JobConflictError, type NewJob, QueueFullError } from "../../storage/job_queue.ts";
import type { Call } from "../call.ts";
import { invalid, Problem } from "../problems.ts";
import { type Reply, respond } from "../responses.ts";
import type { Training } from "../training.ts";
import { jobAnswer } from "./jobs.ts";

/** Seconds after which whoever found the queue full may ask again. */
const RETRY_SECONDS = 5;

/** @returns 202, or 200 and the job that there is */
export async function acceptJob(
  call: Call,
  training: Training,
  asked: NewJob,
  input: Uint8Array,
): Promise<Reply> {
  const { job, isNew } = await enqueue(training, asked, input);
  const prefix = call.path.slice(0, call.path.lastIndexOf("/v1/models/"));
  return respond(jobAnswer(job), {
    status: isNew ? 202 : 200,
    headers: { location: `${prefix}/v1/jobs/${job.id}` },
  });
}

async function enqueue({ queue }: Training, job: NewJob, input: Uint8Array) {
  try {
    return await queue.enqueue(job, input);
  } catch (error) {
    if (error instanceof JobConflictError) {
      throw new Problem(
        "conflict",
        "Cannot accept job: its idempotency key belongs to another one",
      );
    }
    if (!(error instanceof QueueFullError)) throw error;
    throw new Problem("queue-full", error.message, {
      headers: { "retry-after": `${RETRY_SECONDS}` },
    });
  }
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
