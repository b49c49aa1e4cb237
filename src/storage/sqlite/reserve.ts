/**
 * Room on the disk that only deletions may use. SQLite appends to its log to delete as well, and to empty the log it
 * may have to grow the file, so without this a full disk stays full.
 *
 * Limits: an undivided write may leave more in the log than is reserved; a file beside the database, without a lock:
 * other programs may take the room first.
 */
import { closeSync, openSync, rmSync, statSync, writeSync } from "node:fs";

/** Bytes: twice the length at which SQLite empties its log. */
const RESERVED = 2 ** 23;

/** The reserve of one database. */
export class Reserve {
  readonly #path: string | undefined;

  /** Keeps room, if there is any. @param path of the database */
  constructor(path: string) {
    this.#path = path === ":memory:" || path === "" ? undefined : `${path}-reserve`;
    this.restore();
  }

  /** Gives the room to whoever writes next. */
  release(): void {
    if (this.#path) rmSync(this.#path, { force: true });
  }

  /** Keeps the room again, all of it or none. */
  restore(): void {
    const path = this.#path;
    if (!path || statSync(path, { throwIfNoEntry: false })?.size === RESERVED) return;
    try {
      // Not zeros, which some file systems do not store.
      const block = crypto.getRandomValues(new Uint8Array(2 ** 16)), file = openSync(path, "w");
      try {
        for (let at = 0; at < RESERVED;) at += writeSync(file, block);
      } finally {
        closeSync(file);
      }
    } catch {
      this.release();
    }
  }
}
