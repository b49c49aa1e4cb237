/**
 * Jobs and models in one SQLite file: nothing to start.
 *
 * @module
 */
import type { JobQueue } from "../job_queue.ts";
import type { ModelStore } from "../model_store.ts";
import { Database } from "./database.ts";
import { sqliteModels } from "./models.ts";
import { SqliteQueue, type SqliteQueueOptions } from "./queue.ts";

export type { SqliteQueueOptions } from "./queue.ts";

/** What a file holds. */
export interface SqliteStorage {
  /** Jobs. */
  readonly queue: JobQueue;
  /** Models. */
  readonly models: ModelStore;
}

/**
 * Opens the file, and makes it where there is none. Closing the queue closes it.
 * @throws TypeError if it cannot be opened, or is none of ours
 */
export function openSqlite(path: string, options: SqliteQueueOptions): SqliteStorage {
  const db = new Database(path);
  return { queue: new SqliteQueue(db, options), models: sqliteModels(db) };
}
