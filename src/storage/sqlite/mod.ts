/**
 * Jobs and models in one SQLite file, without a server.
 *
 * @module
 */
import type { JobQueue } from "../job_queue.ts";
import type { ModelStore } from "../model_store.ts";
import { Database } from "./database.ts";
import { sqliteModels } from "./models.ts";
import { SqliteQueue, type SqliteQueueOptions } from "./queue.ts";

export type { SqliteQueueOptions } from "./queue.ts";

/** The storage in one file. */
export interface SqliteStorage {
  /** Jobs. */
  readonly queue: JobQueue;
  /** Models. */
  readonly models: ModelStore;
}

/**
 * Opens the file, and creates it if it does not exist. Closing the queue closes it.
 * @throws TypeError if it cannot be opened, or is not a file of this program
 */
export function openSqlite(path: string, options: SqliteQueueOptions): SqliteStorage {
  const db = new Database(path);
  return { queue: new SqliteQueue(db, options), models: sqliteModels(db) };
}
