/**
 * Room on the disk that only deletions may use. SQLite appends to its log to delete as well, and to empty the log it
 * may have to grow the file, so without this a full disk stays full.
 *
 * Limits: an undivided write may leave more in the log than is reserved; a file beside the database, without a lock:
 * other programs may take the room first.
 */
import { closeSync, openSync, rmSync, statSync, writeSync } from "node:fs";

/** Bytes: twice the length at which SQLite empties its log; and that length, if there is room for no more. */
const RESERVED = 2 ** 23, LEAST = RESERVED / 2;

/** The reserve of one database. */
export class Reserve {
  readonly #path: string | undefined;

  /** Keeps no room until told to. @param path of the database */
  constructor(path: string) {
    this.#path = path === ":memory:" || path === "" ? undefined : `${path}-reserve`;
  }

  /** Gives the room to whoever writes next. */
  release(): void {
    if (this.#path) rmSync(this.#path, { force: true });
  }

  /** Keeps the room again, all of it, half of it or none. */
  restore(): void {
    const path = this.#path;
    if (!path || statSync(path, { throwIfNoEntry: false })?.size === RESERVED) return;
    for (let size = RESERVED; size >= LEAST; size /= 2) {
      if (hasWritten(path, size)) return;
      this.release();
    }
  }
}

function hasWritten(path: string, size: number): boolean {
  try {
    // Not zeros, which some file systems do not store.
    const block = crypto.getRandomValues(new Uint8Array(2 ** 16)), file = openSync(path, "w");
    try {
      for (let at = 0; at < size;) at += writeSync(file, block);
    } finally {
      closeSync(file);
    }
    return true;
  } catch {
    return false;
  }
}
