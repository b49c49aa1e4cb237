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
import { Reserve } from "./reserve.ts";

/** A row as SQLite returns it. */
export type Row = Record<string, SQLOutputValue>;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS blobs (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS blob_pieces (
  digest TEXT NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (digest, number)
) STRICT;
CREATE TABLE IF NOT EXISTS jobs (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, model TEXT NOT NULL, owner TEXT NOT NULL,
  spec TEXT NOT NULL, fingerprint TEXT NOT NULL,
  state TEXT NOT NULL,
  due INTEGER NOT NULL,                -- queued: when it may be claimed; running: when the lease ends
  attempt INTEGER NOT NULL DEFAULT 0,
  stalled INTEGER NOT NULL DEFAULT 0,  -- claims since the last checkpoint
  sealed INTEGER NOT NULL DEFAULT 0,
  input TEXT, checkpoint TEXT, output TEXT,  -- digests
  created INTEGER NOT NULL, started INTEGER, finished INTEGER,
  progress TEXT, result TEXT, error TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due) WHERE state IN ('queued', 'running');
CREATE INDEX IF NOT EXISTS jobs_finished ON jobs (finished);
CREATE TABLE IF NOT EXISTS events (
  job TEXT NOT NULL, number INTEGER NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL,
  PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS totals (
  kind TEXT NOT NULL, state TEXT NOT NULL, count INTEGER NOT NULL, seconds REAL NOT NULL,
  PRIMARY KEY (kind, state)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (
  owner TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, bytes INTEGER NOT NULL,
  created INTEGER NOT NULL, PRIMARY KEY (owner, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS model_files (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS model_index (
  one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL, value TEXT NOT NULL
) STRICT;
`;

/** Tables checked when the file is opened; the bytes in the others are checked against their digests when read. */
const CHECKED_TABLES = ["jobs", "events", "totals", "uploads", "model_index"] as const;

/**
 * Raised when the tables change, so that a file of a later version is refused rather than misread. Files of format 1
 * have no pieces of blobs.
 */
const FORMAT = 2;

/** Left by a process that died before it named them. */
const SWEEP_PIECES = "DELETE FROM blob_pieces WHERE digest NOT IN (SELECT digest FROM blobs)";

/** Milliseconds that a writer waits for its turn, and between two tries. */
const BUSY_MS = 10_000, FIRST_WAIT_MS = 1, LONGEST_WAIT_MS = 50;

const SETTINGS =
  `PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;`;

/** Milliseconds for which another process's change may go unnoticed. */
export const POLL_MS = 25;

/** Pages that are given back to a full disk at once, as many bytes as SQLite lets its log grow to; and how often. */
const PAGES_BACK = 1000, TURNS_BACK = 4;

/** An open file, with notice of changes in it. */
export class Database {
  readonly #sqlite: DatabaseSync;
  readonly #statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  readonly #waiting = new Set<() => void>();
  #poll: ReturnType<typeof setInterval> | undefined;
  #version: unknown;
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
    this.#wake();
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
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#waiting.delete(done);
        if (this.#waiting.size === 0) this.#stopPolling();
        resolve();
      };
      const timer = setTimeout(done, Math.min(Math.max(ms, 0), 2 ** 30));
      signal.addEventListener("abort", done);
      this.#waiting.add(done);
      this.#version ??= this.#dataVersion();
      this.#poll ??= setInterval(() => this.#checkForChanges(), POLL_MS);
    });
  }

  close(): void {
    this.#stopPolling();
    this.#wake();
    this.#statements.clear();
    this.#sqlite.close();
  }

  #prepared(sql: string): ReturnType<DatabaseSync["prepare"]> {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, statement = this.#sqlite.prepare(sql));
    return statement;
  }

  #dataVersion(): unknown {
    return this.row("PRAGMA data_version")!.data_version;
  }

  /** Uses SQLite's counter of changes by other processes. */
  #checkForChanges(): void {
    const version = this.#dataVersion();
    if (version === this.#version) return;
    this.#version = version;
    this.#wake();
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
  }

  #stopPolling(): void {
    clearInterval(this.#poll);
    this.#poll = this.#version = undefined;
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

/** SQLITE_BUSY: another process is writing. */
const BUSY = 5, BUSY_MESSAGE = "database is locked";

/** Of a code, without its details. */
const PRIMARY = 0xff;

function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { errcode = 0 } = error as { errcode?: number };
  return (errcode & PRIMARY) === BUSY || error.message === BUSY_MESSAGE;
}

/** SQLITE_FULL. */
const FULL = 13, FULL_MESSAGE = "database or disk is full";

/** What SQLite says if there is no room for the index of the log, and of any other fault of a disk. */
const NO_INDEX_MESSAGE = "disk I/O error";

/** A full disk is mostly found at COMMIT, by `exec`, whose errors have no code on Deno. */
function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (error as { errcode?: number }).errcode === FULL || error.message === FULL_MESSAGE;
}

/** SQLITE_CORRUPT: the file contradicts itself. */
const CORRUPT = 11;

function isCorrupt(error: unknown): boolean {
  return (error as { errcode?: number })?.errcode === CORRUPT;
}

/** What SQLite says of a path, in words that say what to look at. */
const REASONS: readonly (readonly [message: RegExp, reason: string])[] = [
  [
    /^unable to open database file/,
    "expected a file in a folder that exists and may be written to",
  ],
  [/^file is not a database/, "expected a SQLite file"],
];

function unopened(path: string, cause: unknown): TypeError {
  const message = messageOf(cause);
  const reason = REASONS.find(([pattern]) => pattern.test(message))?.[1] ?? message;
  return new TypeError(`Cannot open ${path}: ${reason}`, { cause });
}

function damaged(path: string, reason: string, options?: ErrorOptions): TypeError {
  return new TypeError(
    `Cannot open ${path}: the file is damaged (${reason}): restore it from a copy, or move it away with its -wal and -shm files to start afresh`,
    options,
  );
}
