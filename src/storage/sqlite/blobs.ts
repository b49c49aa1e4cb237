/**
 * Bytes by digest. Equal bytes are stored once, and deleted with the last job or upload that names them. Everything
 * runs inside the caller's transaction.
 */
import type { Database, Row } from "./database.ts";

/** Stores bytes; they may be there already. */
export function keepBlob(db: Database, digest: string, bytes: Uint8Array): void {
  db.run("INSERT OR IGNORE INTO blobs VALUES (?, ?)", digest, bytes);
}

/** @param digest the value of a column */
export function readBlob(db: Database, digest: Row[string] | undefined): Uint8Array | undefined {
  if (typeof digest !== "string") return undefined;
  return db.row("SELECT bytes FROM blobs WHERE digest = ?", digest)?.bytes as
    | Uint8Array
    | undefined;
}

/** Deletes those of these bytes that nothing names any more. */
export function sweepBlobs(db: Database, digests: readonly Row[string][]): void {
  for (const digest of digests) {
    if (typeof digest !== "string") continue;
    db.run(
      `DELETE FROM blobs WHERE digest = ?1
         AND NOT EXISTS (SELECT 1 FROM jobs WHERE input = ?1 OR checkpoint = ?1 OR output = ?1)
         AND NOT EXISTS (SELECT 1 FROM uploads WHERE digest = ?1)`,
      digest,
    );
  }
}
