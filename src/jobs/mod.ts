/**
 * Jobs for an app: where they are stored, and the workers that run them.
 *
 * ```ts
 * import { createApp } from "../http/mod.ts";
 * import { openSqlite, runJobs } from "./mod.ts";
 * const { queue, models } = openSqlite("elbow.db", { now: Date.now });
 * const app = createApp({ models, tokens, training: { queue } });
 * ```
 *
 * NATS has its own entry point, `../storage/nats/mod.ts`, so that only those who use it load it.
 *
 * @module
 */
export { runJobs } from "./runner.ts";
export type { Published, RunnerEntry, RunnerOptions } from "./runner.ts";
export type * from "../storage/job_queue.ts";
export type * from "../storage/upload_store.ts";
export type {
  Alias,
  ModelEntry,
  ModelIndex,
  ModelStore,
  ModelVersion,
  ReadIndex,
} from "../storage/model_store.ts";
export type { DeviceOptions } from "../trained/trained_vae.ts";
export { openSqlite } from "../storage/sqlite/mod.ts";
export type { SqliteQueueOptions, SqliteStorage } from "../storage/sqlite/mod.ts";
