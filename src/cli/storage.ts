/** Where `serve` and `worker` keep jobs and models, and the runner that does the jobs of either. */
import type { Command } from "npm:commander@15.1.0";
import { Registry } from "../http/registry.ts";
import { runJobs, type RunnerEntry } from "../jobs/runner.ts";
import type { JobQueue } from "../storage/job_queue.ts";
import type { ModelStore } from "../storage/model_store.ts";
import type { Io } from "./io.ts";
import * as options from "./options.ts";

/** Jobs and models. */
export interface Storage {
  readonly queue: JobQueue;
  readonly models: ModelStore;
}

/** Which storage; one of them. */
export interface StorageOptions {
  readonly db?: string;
}

/** How jobs are done. */
export interface WorkOptions extends options.BackendOption {
  readonly threads?: number;
  readonly jobs?: number;
  readonly lease?: number;
  readonly checkpointEvery?: number;
  readonly log?: boolean;
}

export function addStorageOptions(command: Command): Command {
  return command.option("--db <file>", "SQLite file of jobs and models; made if it is not there");
}

export function addWorkOptions(command: Command): Command {
  const { integerOption, numberOption } = options;
  return command
    .addOption(
      integerOption("--threads <n>", "threads of one job, where the model is worth it; 1", {
        min: 1,
        max: 1024,
      }),
    )
    .addOption(integerOption("--jobs <n>", "jobs at once; 1", { min: 1, max: 1024 }))
    .addOption(
      numberOption(
        "--lease <seconds>",
        "until the job of a worker that is gone is taken over; 15",
        {
          min: 0.1,
          max: 3600,
        },
      ),
    )
    .addOption(
      numberOption("--checkpoint-every <seconds>", "time between two checkpoints; 1", { min: 0 }),
    );
}

export function isStorageNamed({ db }: StorageOptions): boolean {
  return db !== undefined;
}

/** The storage that the options name; none if they name none. */
export async function openStorage({ db }: StorageOptions): Promise<Storage | undefined> {
  if (db === undefined) return undefined;
  const { openSqlite } = await import("../storage/sqlite/mod.ts");
  return openSqlite(db, { now: Date.now });
}

/** Does jobs until the signal is aborted and their last checkpoints are kept. */
export function startWork(
  { queue, models }: Storage,
  given: WorkOptions,
  signal: AbortSignal,
  io: Io,
): Promise<void> {
  const registry = new Registry(models);
  return runJobs({
    queue,
    publish: async (name, bytes, job) => (await registry.put(name, bytes, {}, job)).version,
    device: { backend: given.backend, threads: given.threads },
    concurrency: given.jobs,
    leaseMs: given.lease && given.lease * 1000,
    checkpointSeconds: given.checkpointEvery,
    signal,
    log: (entry) => io.stderr(given.log ? `${JSON.stringify(entry)}\n` : lineOf(entry)),
  });
}

function lineOf({ event, job, model, reason }: RunnerEntry): string {
  const of = job === undefined ? "" : ` job ${job} of model ${model}:`;
  return `elbow:${of} ${event}${reason === undefined ? "" : `: ${reason}`}\n`;
}
