/** Where `serve` and `worker` keep jobs and models, and the runner that runs the jobs of both. */
import type { Command } from "npm:commander@15.1.0";
import { Registry } from "../../http/models/registry.ts";
import { runJobs, type RunnerEntry } from "../../jobs/runner.ts";
import type { JobQueue } from "../../storage/job_queue.ts";
import type { ModelStore } from "../../storage/model_store.ts";
import { requireName } from "../files/files.ts";
import type { Io } from "../io.ts";
import * as options from "../options.ts";

/** Jobs and models. */
export interface Storage {
  readonly queue: JobQueue;
  readonly models: ModelStore;
}

/** The storage to use; at most one. */
export interface StorageOptions {
  readonly db?: string;
  readonly nats?: string;
  readonly lease?: number;
  readonly keepVersions?: number;
}

/** How jobs are run. */
export interface WorkOptions extends options.BackendOption {
  readonly threads?: number;
  readonly jobs?: number;
  readonly checkpointEvery?: number;
  readonly log?: boolean;
}

export function addStorageOptions(command: Command): Command {
  const limits = { min: 0.1, max: 3600 };
  return command
    .option("--db <file>", "SQLite file for jobs and models; created if missing")
    .option("--nats <urls>", "NATS servers with JetStream that keep jobs and models")
    .addOption(options.numberOption("--lease <seconds>", LEASE_TEXT, limits))
    .addOption(
      options.integerOption("--keep-versions <n>", KEEP_VERSIONS_TEXT, { min: 1, max: 1e6 }),
    );
}

const KEEP_VERSIONS_TEXT = "versions of each model to keep as new ones come (default: all)";
const LEASE_TEXT = "seconds until the job of a dead worker is taken over (default: 15)";

export function addWorkOptions(command: Command): Command {
  const { integerOption, numberOption } = options;
  const threads = "threads for one job, if the model is large enough to gain (default: 1)";
  return command
    .addOption(integerOption("--threads <n>", threads, { min: 1, max: 1024 }))
    .addOption(
      integerOption("--jobs <n>", "jobs to run at once (default: 1)", { min: 1, max: 1024 }),
    )
    .addOption(
      numberOption("--checkpoint-every <seconds>", "seconds between two checkpoints (default: 1)", {
        min: 0,
      }),
    )
    .addOption(options.backendOption());
}

export function isStorageNamed({ db, nats }: StorageOptions): boolean {
  return db !== undefined || nats !== undefined;
}

/** The storage that the options name, if any. Only that one is loaded. */
export async function openStorage(
  { db, nats, lease }: StorageOptions,
): Promise<Storage | undefined> {
  const timing = { now: Date.now, leaseMs: lease && lease * 1000 };
  if (db !== undefined && nats !== undefined) {
    throw new TypeError("Cannot open storage: --db and --nats cannot be used together");
  }
  if (nats !== undefined) {
    const { openNats } = await import("../../storage/nats/mod.ts");
    return await openNats(nats, timing);
  }
  if (db === undefined) return undefined;
  requireName(db);
  const { openSqlite } = await import("../../storage/sqlite/mod.ts");
  return openSqlite(db, timing);
}

/** Runs jobs until the signal is aborted and final checkpoints are stored. */
export function startWork(
  { queue, models }: Storage,
  given: WorkOptions & Pick<StorageOptions, "keepVersions">,
  signal: AbortSignal,
  io: Io,
): Promise<void> {
  const registry = new Registry(models, {}, given.keepVersions);
  return runJobs({
    queue,
    read: (digest) => models.read(digest),
    publish: async (name, bytes, job) => (await registry.put(name, bytes, {}, job)).version,
    device: { backend: given.backend, threads: given.threads },
    concurrency: given.jobs,
    checkpointSeconds: given.checkpointEvery,
    signal,
    log: (entry) => io.stderr(given.log ? `${JSON.stringify(entry)}\n` : lineOf(entry)),
  });
}

function lineOf({ event, job, model, reason }: RunnerEntry): string {
  const subject = job === undefined ? "" : ` job ${job} of model ${model}:`;
  return `elbow:${subject} ${event}${reason === undefined ? "" : `: ${reason}`}\n`;
}
