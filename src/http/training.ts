/** What an app needs to take jobs: where they go, and how much it takes on. */
import { requireNumber } from "../core/validate.ts";
import type { JobQueue } from "../storage/job_queue.ts";
import type { Registry } from "./registry.ts";

/** How an app takes jobs. Who does them is not its matter: `runJobs`, here or on another machine. */
export interface TrainingOptions {
  /** Where jobs wait. */
  readonly queue: JobQueue;
  /** Multiply-adds that one job may take: rows x epochs x 3 x weights; 1e12, minutes of one core. */
  readonly maxWork?: number;
  /** Larger uploads are refused; 64 MiB. */
  readonly maxUploadBytes?: number;
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
export interface Training extends Required<TrainingOptions> {
  readonly registry: Registry;
}

export function trainingOf(options: TrainingOptions, registry: Registry): Training {
  const { queue, maxWork = 1e12, maxUploadBytes = 64 * 2 ** 20 } = options;
  requireNumber("training.maxWork", maxWork, { min: 1 });
  requireNumber("training.maxUploadBytes", maxUploadBytes, { min: 1, max: 2 ** 30, integer: true });
  return { queue, registry, maxWork, maxUploadBytes };
}
