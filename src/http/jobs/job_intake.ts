/** What an app needs to accept jobs: the queue, and the limits. */
import { requireNumber } from "../../core/validate.ts";
import type { JobQueue } from "../../storage/job_queue.ts";
import type { Registry } from "../models/registry.ts";

/** How an app accepts jobs. `runJobs` runs them, here or on another machine. */
export interface TrainingOptions {
  /** Where jobs wait. */
  readonly queue: JobQueue;
  /** The most multiply-adds in one job: rows x epochs x 3 x weights (default: 1e12, minutes on one core). */
  readonly maxWork?: number;
  /** Larger uploads are refused (default: 64 MiB). */
  readonly maxUploadBytes?: number;
  /** Limits per caller, so that no caller can use up everything. */
  readonly perCaller?: {
    /** Unfinished jobs (default: 50). */
    readonly jobs?: number;
    /** Files (default: 100). */
    readonly uploads?: number;
    /** Bytes of these files (default: 1 GiB). */
    readonly uploadBytes?: number;
  };
}

/** The media types whose text may be in any charset that the type names. */
export const CSV_TYPES: readonly string[] = ["text/csv", "text/tab-separated-values"];

/** The media types an upload may have; the extension of its name decides how it is read. */
export const UPLOAD_TYPES: readonly string[] = [
  "application/octet-stream",
  ...CSV_TYPES,
  "application/x-ndjson",
  "application/vnd.apache.parquet",
];

/** The options with defaults filled in, and what checks them. */
export interface JobIntake extends Required<TrainingOptions> {
  readonly perCaller: Required<NonNullable<TrainingOptions["perCaller"]>>;
  readonly registry: Registry;
  /** Counts and stores a caller's additions one at a time, so that concurrent requests cannot exceed the limits. */
  readonly callerLock: CallerLock;
}

export function intakeOf(options: TrainingOptions, registry: Registry): JobIntake {
  const { queue, maxWork = 1e12, maxUploadBytes = 64 * 2 ** 20, perCaller = {} } = options;
  const { jobs = 50, uploads = 100, uploadBytes = 2 ** 30 } = perCaller;
  requireNumber("training.maxWork", maxWork, { min: 1 });
  requireNumber("training.maxUploadBytes", maxUploadBytes, { min: 1, max: 2 ** 30, integer: true });
  for (const [name, value] of Object.entries({ jobs, uploads, uploadBytes })) {
    requireNumber(`training.perCaller.${name}`, value, { min: 1, integer: true });
  }
  const all = { queue, registry, maxWork, maxUploadBytes };
  return { ...all, perCaller: { jobs, uploads, uploadBytes }, callerLock: new CallerLock() };
}

/** Runs one task at a time for each caller. Limits: within this process only. */
class CallerLock {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `work` once everything the caller started before is over. */
  async run<Value>(caller: string, work: () => Promise<Value>): Promise<Value> {
    const result = (this.#last.get(caller) ?? Promise.resolve()).then(work);
    const settled = result.catch(() => {});
    this.#last.set(caller, settled);
    try {
      return await result;
    } finally {
      if (this.#last.get(caller) === settled) this.#last.delete(caller);
    }
  }
}
