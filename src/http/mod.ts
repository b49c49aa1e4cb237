/**
 * Models behind HTTP: a Hono app that answers under `/health` and `/v1/models`.
 *
 * ```ts
 * import { createApp, TableScorer } from "./mod.ts";
 * const sensors = await TableScorer.load(bytes);
 * Deno.serve(createApp({ models: { sensors } }).fetch);
 * ```
 *
 * It also exports everything that can be served: all of the scoring entry point.
 *
 * @module
 */
export * from "../scoring/mod.ts";
export { createApp } from "./app.ts";
export type { App, AppOptions } from "./app.ts";
export type { Scope, Token } from "./access/auth.ts";
export { ApiError, Client, createClient } from "./client.ts";
export type {
  ClientCell,
  ClientOptions,
  ClientRows,
  FloatRows,
  ModelName,
  RowVerb,
  ScoredLine,
} from "./client.ts";
export type * from "./client/client_types.ts";
export type { Model, Models } from "./models/catalogue.ts";
export { memoryStore } from "./models/memory_store.ts";
export type { LogEntry } from "./telemetry/observe.ts";
export type { ReadCsvRows, TakeSecondLook } from "./verbs/verb.ts";
export type { RateLimit } from "./access/rate_limit.ts";
export type { TrainingOptions } from "./jobs/job_intake.ts";
export type * from "../storage/job_queue.ts";
export type * from "../storage/upload_store.ts";
export { JobConflictError, LeaseLostError, QueueFullError } from "../storage/job_queue.ts";
export { digestOf } from "../storage/model_store.ts";
export type {
  Alias,
  ModelEntry,
  ModelIndex,
  ModelStore,
  ModelVersion,
  ReadIndex,
} from "../storage/model_store.ts";
