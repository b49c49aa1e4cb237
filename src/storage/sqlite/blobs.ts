/**
 * Bytes by their digest. Equal bytes lie there once; they go with the last job or upload that names
 * them. All of it inside the caller's transaction.
 */
import type { Database, Row } from "./database.ts";

/** Keeps bytes; they may be there. */
export function keepBlob(db: Database, digest: string, bytes: Uint8Array): void {
  db.run("INSERT OR IGNORE INTO blobs VALUES (?, ?)", digest, bytes);
}

/** @param digest as a column gives it */
export function readBlob(db: Database, digest: Row[string] | undefined): Uint8Array | undefined {
  if (typeof digest !== "string") return undefined;
  return db.row("SELECT bytes FROM blobs WHERE digest = ?", digest)?.bytes as
    | Uint8Array
    | undefined;
}

/** Forgets those of these bytes that nothing names any more. */
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
