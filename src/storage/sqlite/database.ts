/**
 * One SQLite file for jobs, their data, and models. Any number of processes on one machine may have it open: writers
 * take turns (WAL), and every commit is on disk before it is reported.
 *
 * Limits: local file systems only, as SQLite's write-ahead log needs shared memory.
 */
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from "node:sqlite";
import { messageOf } from "../../core/errors.ts";
import { StorageBusyError } from "../storage_busy.ts";
import { StorageFullError } from "../storage_full.ts";
import { Changes } from "./changes.ts";
import { damaged, isBusy, isCorrupt, isFull, NO_INDEX_MESSAGE, unopened } from "./faults.ts";
import { Reserve } from "./reserve.ts";
import { CHECKED_TABLES, FORMAT, SCHEMA, SWEEP_PIECES } from "./schema.ts";

/** A row as SQLite returns it. */
export type Row = Record<string, SQLOutputValue>;

/** Milliseconds that a writer waits for its turn, and between two tries. */
const BUSY_MS = 10_000, FIRST_WAIT_MS = 1, LONGEST_WAIT_MS = 50;

const SETTINGS =
  `PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;`;

/** Pages that are given back to a full disk at once, as many bytes as SQLite lets its log grow to; and how often. */
const PAGES_BACK = 1000, TURNS_BACK = 4;

/** An open file, with notice of changes in it. */
export class Database {
  readonly #sqlite: DatabaseSync;
  readonly #statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  /** SQLite counts the changes by other processes. */
  readonly #changes = new Changes(() => this.row("PRAGMA data_version")!.data_version);
  readonly #reserve: Reserve;
  #isOpen = false;

  /** @throws TypeError if the file is not one of this program */
  constructor(path: string) {
    try {
      this.#sqlite = new DatabaseSync(path);
    } catch (cause) {
      throw unopened(path, cause);
    }
    this.#reserve = new Reserve(path);
    try {
      this.#configure();
      this.#freeing(() => {
        const { user_version: format } = this.row("PRAGMA user_version")!;
        if (Number(format) > FORMAT) {
          throw new TypeError(
            `Cannot open ${path}: format must be at most ${FORMAT}, got ${format}`,
          );
        }
        this.#sqlite.exec(SCHEMA);
        this.#sqlite.exec(`PRAGMA user_version = ${FORMAT}`);
      });
      this.#requireIntact(path);
      this.#freeing(() => this.run(SWEEP_PIECES));
      this.#reserve.restore();
      this.#isOpen = true;
    } catch (cause) {
      this.#sqlite.close();
      if (cause instanceof TypeError) throw cause;
      if (isCorrupt(cause)) throw damaged(path, (cause as Error).message, { cause });
      throw unopened(path, cause);
    }
  }

  /** On a full disk with the reserve, because the log and its index take room as soon as the file is open. */
  #configure(): void {
    try {
      this.#sqlite.exec(SETTINGS);
    } catch (error) {
      if (!isFull(error) && messageOf(error) !== NO_INDEX_MESSAGE) throw error;
      this.#reserve.release();
      this.#sqlite.exec(SETTINGS);
    }
  }

  /** Checks the tables whose rows have no digest: they are small, however large the file is. */
  #requireIntact(path: string): void {
    for (const table of CHECKED_TABLES) {
      const [{ quick_check: found } = {}] = this.rows(`PRAGMA quick_check(${table})`);
      if (found !== "ok") throw damaged(path, `${found}`.split("\n").at(-1)!);
    }
  }

  /** The first row of a query. */
  row(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepared(sql).get(...values);
  }

  rows(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepared(sql).all(...values);
  }

  /** @returns how many rows changed */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepared(sql).run(...values).changes);
  }

  /**
   * Runs `work` atomically, then notifies whoever waits for a change. It has begun when this returns, unless another
   * process is writing.
   * @throws StorageFullError, StorageBusyError
   */
  transaction<Value>(work: () => Value): Promise<Value> {
    return inTurn(() => this.#storing(work));
  }

  /** The same for what makes room, which on a full disk may use what is kept for that. */
  freeing<Value>(work: () => Value): Promise<Value> {
    return inTurn(() => this.#freeing(work));
  }

  #storing<Value>(work: () => Value): Value {
    try {
      return this.#atomically(work);
    } catch (error) {
      if (!(error instanceof StorageFullError) || this.#freePages() === 0) throw error;
    }
    this.#usingReserve(() => {});
    return this.#atomically(work);
  }

  #freeing<Value>(work: () => Value): Value {
    try {
      return this.#atomically(work);
    } catch (error) {
      if (!(error instanceof StorageFullError)) throw error;
    }
    return this.#usingReserve(() => this.#atomically(work));
  }

  #atomically<Value>(work: () => Value): Value {
    this.#begin();
    let value: Value;
    try {
      value = work();
      this.#sqlite.exec("COMMIT");
    } catch (error) {
      if (this.#sqlite.isTransaction) this.#sqlite.exec("ROLLBACK");
      throw isFull(error) ? new StorageFullError(error) : error;
    }
    this.#changes.announce();
    return value;
  }

  /** Once the file is open, whoever waits for another process lets others work: SQLite's wait stops the thread. */
  #begin(): void {
    if (!this.#isOpen) return this.#sqlite.exec("BEGIN IMMEDIATE");
    try {
      this.#sqlite.exec("PRAGMA busy_timeout = 0; BEGIN IMMEDIATE");
    } catch (error) {
      throw isBusy(error) ? new StorageBusyError(error) : error;
    } finally {
      this.#sqlite.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    }
  }

  /** Does this with the room that is reserved, and gives back to the disk what the file has free. */
  #usingReserve<Value>(act: () => Value): Value {
    this.#reserve.release();
    try {
      this.#tryIfRoom("PRAGMA wal_checkpoint(TRUNCATE)");
      const value = act();
      for (let turn = 0; turn < TURNS_BACK && this.#freePages() > 0; turn++) {
        this.#tryIfRoom(`PRAGMA incremental_vacuum(${PAGES_BACK})`);
        this.#tryIfRoom("PRAGMA wal_checkpoint(TRUNCATE)");
      }
      return value;
    } finally {
      this.#reserve.restore();
    }
  }

  #tryIfRoom(sql: string): void {
    try {
      // All rows are read: `exec` would give back one page.
      this.rows(sql);
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  /** Pages of the file that hold nothing. Only what is given back leaves room for the log, which all writes need. */
  #freePages(): number {
    return Number(this.row("PRAGMA freelist_count")!.freelist_count);
  }

  /** Resolves at the next change by any process, after `ms`, or on the signal, whichever comes first. */
  changed(ms: number, signal: AbortSignal): Promise<void> {
    return this.#changes.next(ms, signal);
  }

  close(): void {
    this.#changes.close();
    this.#statements.clear();
    this.#sqlite.close();
  }

  #prepared(sql: string): ReturnType<DatabaseSync["prepare"]> {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, statement = this.#sqlite.prepare(sql));
    return statement;
  }
}

/** Tries until no other process is writing, with other work between. */
async function inTurn<Value>(act: () => Value): Promise<Value> {
  const until = performance.now() + BUSY_MS;
  for (let wait = FIRST_WAIT_MS;; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof StorageBusyError) || performance.now() > until) throw error;
    }
    await new Promise((done) => void setTimeout(done, wait));
  }
}
