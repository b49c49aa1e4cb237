/**
 * Bytes by digest. Equal bytes are stored once, and deleted with the last job or upload that names them.
 *
 * Long ones are cut into pieces, between which other work gets its turn: SQLite works in the thread that answers
 * requests, and to store or read the result of a long file at once takes seconds. All pieces but the first are written
 * ahead; the transaction that names them writes the first, and any that was swept in the meantime.
 */
import type { Database, Row } from "./database.ts";

/** Bytes. Bytes stored by an earlier release are one piece of any other length. */
export const BLOB_PIECE: number = 2 ** 21;

/**
 * Runs a transaction that may keep these bytes, with `keepBlob`, once most of them are stored.
 * @param work throws, or does not keep them, if they are not to be stored after all
 */
export async function storing<Value>(
  db: Database,
  digest: string,
  bytes: Uint8Array,
  work: () => Value,
): Promise<Value> {
  if (bytes.length <= BLOB_PIECE) return await db.transaction(work);
  try {
    for (const [number, piece] of laterPieces(bytes)) {
      await db.transaction(() => insertPiece(db, digest, number, piece));
      await turn();
    }
    return await db.transaction(work);
  } finally {
    await db.freeing(() => sweepBlobs(db, [digest]));
  }
}

/** Stores bytes, which may be there already; inside a transaction. */
export function keepBlob(db: Database, digest: string, bytes: Uint8Array): void {
  db.run("INSERT OR IGNORE INTO blobs VALUES (?, ?)", digest, bytes.subarray(0, BLOB_PIECE));
  const pieces = Math.ceil(bytes.length / BLOB_PIECE) - 1;
  if (pieces <= 0 || countLater(db, digest) === pieces) return;
  for (const [number, piece] of laterPieces(bytes)) insertPiece(db, digest, number, piece);
}

/** One statement, because another process may delete all pieces after any. */
const FIRST_AND_SIZES = `
SELECT bytes AS first, pieces, laterBytes FROM blobs, (
  SELECT count(*) AS pieces, ifnull(sum(length(bytes)), 0) AS laterBytes FROM blob_pieces WHERE digest = ?1
) WHERE digest = ?1`;

/** @param digest the value of a column */
export async function readBlob(
  db: Database,
  digest: Row[string] | undefined,
): Promise<Uint8Array | undefined> {
  if (typeof digest !== "string") return undefined;
  const { first, pieces, laterBytes } = db.row(FIRST_AND_SIZES, digest) ?? {};
  if (!(first instanceof Uint8Array) || first.length !== BLOB_PIECE) {
    return first as Uint8Array | undefined;
  }
  const whole = new Uint8Array(first.length + Number(laterBytes));
  whole.set(first);
  for (let number = 1; number <= Number(pieces); number++) {
    await turn();
    const sql = "SELECT bytes FROM blob_pieces WHERE digest = ? AND number = ?";
    const piece = db.row(sql, digest, number)?.bytes as Uint8Array | undefined;
    // Deleted in the meantime.
    if (!piece) return undefined;
    whole.set(piece, number * BLOB_PIECE);
  }
  return whole;
}

/** Deletes those of these bytes that nothing names any more; inside a transaction. */
export function sweepBlobs(db: Database, digests: readonly Row[string][]): void {
  for (const digest of digests) {
    if (typeof digest !== "string") continue;
    for (const table of ["blobs", "blob_pieces"]) {
      db.run(
        `DELETE FROM ${table} WHERE digest = ?1
           AND NOT EXISTS (SELECT 1 FROM jobs WHERE input = ?1 OR checkpoint = ?1 OR output = ?1)
           AND NOT EXISTS (SELECT 1 FROM uploads WHERE digest = ?1)`,
        digest,
      );
    }
  }
}

function insertPiece(db: Database, digest: string, number: number, bytes: Uint8Array): void {
  db.run("INSERT OR IGNORE INTO blob_pieces VALUES (?, ?, ?)", digest, number, bytes);
}

/** All pieces but the first, with their numbers from 1. */
function* laterPieces(bytes: Uint8Array): Generator<[number, Uint8Array]> {
  for (let number = 1; number * BLOB_PIECE < bytes.length; number++) {
    const at = number * BLOB_PIECE;
    yield [number, bytes.subarray(at, at + BLOB_PIECE)];
  }
}

function countLater(db: Database, digest: string): number {
  return Number(
    db.row("SELECT count(*) AS pieces FROM blob_pieces WHERE digest = ?", digest)!.pieces,
  );
}

/** Lets other work run. */
function turn(): Promise<void> {
  return new Promise((done) => void setTimeout(done));
}
