/** What an app needs to take jobs: where they go, and how much it takes on. */
import { requireNumber } from "../../core/validate.ts";
import type { JobQueue } from "../../storage/job_queue.ts";
import type { Registry } from "../models/registry.ts";

/** How an app accepts jobs. `runJobs` runs them, here or on another machine. */
export interface TrainingOptions {
  /** Where jobs wait. */
  readonly queue: JobQueue;
  /** Multiply-adds that one job may take: rows x epochs x 3 x weights (default: 1e12, minutes of one core). */
  readonly maxWork?: number;
  /** Larger uploads are refused (default: 64 MiB). */
  readonly maxUploadBytes?: number;
  /** What one caller may have at once, so that no caller can use up everything. */
  readonly perCaller?: {
    /** Unfinished jobs (default: 50). */
    readonly jobs?: number;
    /** Files (default: 100). */
    readonly uploads?: number;
    /** Bytes of these files (default: 1 GiB). */
    readonly uploadBytes?: number;
  };
}

/** What an upload may say it is; the extension of its name says what it is read as. */
export const UPLOAD_TYPES: readonly string[] = [
  "application/octet-stream",
  "text/csv",
  "text/tab-separated-values",
  "application/x-ndjson",
  "application/vnd.apache.parquet",
];

/** The same, complete. */
export interface JobIntake extends Required<TrainingOptions> {
  readonly perCaller: Required<NonNullable<TrainingOptions["perCaller"]>>;
  readonly registry: Registry;
  /** What a caller adds is counted and kept in one turn: as much asked for at once is not more than one after the other. */
  readonly turns: CallerTurns;
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
  return { ...all, perCaller: { jobs, uploads, uploadBytes }, turns: new CallerTurns() };
}

/** One thing at a time for each caller. Limits: of this process; another one's callers take turns of their own. */
export class CallerTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does it once all that the caller began before is over. */
  async take<Value>(caller: string, work: () => Promise<Value>): Promise<Value> {
    const turn = (this.#last.get(caller) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => {});
    this.#last.set(caller, settled);
    try {
      return await turn;
    } finally {
      if (this.#last.get(caller) === settled) this.#last.delete(caller);
    }
  }
}
