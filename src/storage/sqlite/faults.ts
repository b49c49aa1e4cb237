/** What SQLite says went wrong, and how it is told to users. On Deno, errors of `exec` have no code, only a message. */
import { messageOf } from "../../core/errors.ts";

/** SQLITE_BUSY: another process is writing. */
const BUSY = 5, BUSY_MESSAGE = "database is locked";

/** Of a code, without its details. */
const PRIMARY = 0xff;

export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { errcode = 0 } = error as { errcode?: number };
  return (errcode & PRIMARY) === BUSY || error.message === BUSY_MESSAGE;
}

/** SQLITE_FULL. */
const FULL = 13, FULL_MESSAGE = "database or disk is full";

/** What SQLite says if there is no room for the index of the log, and of any other fault of a disk. */
export const NO_INDEX_MESSAGE = "disk I/O error";

/** A full disk is mostly found at COMMIT, by `exec`, whose errors have no code on Deno. */
export function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (error as { errcode?: number }).errcode === FULL || error.message === FULL_MESSAGE;
}

/** SQLITE_CORRUPT: the file contradicts itself. */
const CORRUPT = 11;

export function isCorrupt(error: unknown): boolean {
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

export function unopened(path: string, cause: unknown): TypeError {
  const message = messageOf(cause);
  const reason = REASONS.find(([pattern]) => pattern.test(message))?.[1] ?? message;
  return new TypeError(`Cannot open ${path}: ${reason}`, { cause });
}

export function damaged(path: string, reason: string, options?: ErrorOptions): TypeError {
  return new TypeError(
    `Cannot open ${path}: the file is damaged (${reason}): restore it from a copy, or move it away with its -wal and -shm files to start afresh`,
    options,
  );
}
