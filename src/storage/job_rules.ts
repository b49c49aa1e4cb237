/**
 * Rules that every queue applies in its own transactions: which jobs are the same, which have ended, which have failed
 * too often, and which of the stored bytes can be used.
 */
import { type Failure, type JobState, LeaseLostError, type NewJob } from "./job_queue.ts";
import { digestOf } from "./model_store.ts";

/** Claims of a job without a new checkpoint after which it fails. */
export const MAX_ATTEMPTS = 25;

/** Why it fails then. */
export const OUT_OF_ATTEMPTS = `Cannot finish job: ${MAX_ATTEMPTS} attempts failed`;

/** The longest that a job waits before it is tried again, in milliseconds. */
export const MAX_DELAY_MS = 60_000;

/** Whether a job has ended. */
export function isOver(state: JobState): boolean {
  return state !== "queued" && state !== "running";
}

/**
 * How many claims without a checkpoint a job has after a failure.
 * @param stalled how many with the one that failed
 * @returns undefined if the job is not tried again
 */
export function stalledAfter(
  stalled: number,
  { retry, isRelease = false }: Failure,
): number | undefined {
  const rest = stalled - Number(isRelease);
  return retry && rest < MAX_ATTEMPTS ? rest : undefined;
}

/**
 * Two jobs with equal fingerprints are the same, whatever their id. `spec.asked` is the digest of the request. If it is
 * given, the rest of the spec does not count: what is derived from the request, such as the served version, may differ
 * when it is repeated.
 */
export function fingerprint({ kind, model, owner, spec }: NewJob, inputDigest: string): string {
  if (spec.asked !== undefined) return JSON.stringify([kind, model, owner, spec.asked]);
  return JSON.stringify([kind, model, owner, spec, inputDigest]);
}

/**
 * The input of a job, as stored.
 * @throws LeaseLostError if it is gone, as it is when the job has ended; SyntaxError if it does not match its digest
 */
export async function intactInput<Bytes extends Uint8Array>(
  bytes: Bytes | undefined,
  digest: unknown,
): Promise<Bytes> {
  if (!bytes) throw new LeaseLostError();
  if (await digestOf(bytes) === digest) return bytes;
  throw new SyntaxError("Cannot read input: its bytes are damaged");
}

/** The checkpoint of a job, as stored. A damaged one is ignored: the job starts over. */
export async function intactCheckpoint<Bytes extends Uint8Array>(
  bytes: Bytes | undefined,
  digest: unknown,
): Promise<Bytes | undefined> {
  return bytes && await digestOf(bytes) === digest ? bytes : undefined;
}
