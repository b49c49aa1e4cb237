/** Uploads in a SQLite file. */
import type { Upload, UploadStore } from "../upload_store.ts";
import { digestOf } from "../model_store.ts";
import { keepBlob, readBlob, storing, sweepBlobs } from "./blobs.ts";
import type { Database, Row } from "./database.ts";

/** Files by owner and name. */
export class SqliteUploads implements UploadStore {
  readonly #db: Database;
  readonly #now: () => number;

  constructor(db: Database, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  async put(owner: string, name: string, bytes: Uint8Array): Promise<Upload> {
    const digest = await digestOf(bytes);
    return await storing(this.#db, digest, bytes, () => {
      const replaced = this.#row(owner, name);
      keepBlob(this.#db, digest, bytes);
      this.#db.run(
        "INSERT OR REPLACE INTO uploads VALUES (?, ?, ?, ?, ?)",
        ...[owner, name, digest, bytes.length, this.#now()],
      );
      sweepBlobs(this.#db, [replaced?.digest ?? null]);
      return uploadOf(this.#row(owner, name)!);
    });
  }

  async list(owner: string): Promise<readonly Upload[]> {
    return this.#db.rows("SELECT * FROM uploads WHERE owner = ? ORDER BY name", owner).map(
      uploadOf,
    );
  }

  async read(owner: string, name: string): Promise<Uint8Array | undefined> {
    return await readBlob(this.#db, this.#row(owner, name)?.digest);
  }

  async delete(owner: string, name: string): Promise<boolean> {
    return await this.#db.freeing(() => {
      const row = this.#row(owner, name);
      if (!row) return false;
      this.#db.run("DELETE FROM uploads WHERE owner = ? AND name = ?", owner, name);
      sweepBlobs(this.#db, [row.digest]);
      return true;
    });
  }

  #row(owner: string, name: string): Row | undefined {
    return this.#db.row("SELECT * FROM uploads WHERE owner = ? AND name = ?", owner, name);
  }
}

function uploadOf({ owner, name, digest, bytes, created }: Row): Upload {
  return {
    name: String(name),
    owner: String(owner),
    digest: String(digest),
    bytes: Number(bytes),
    created: new Date(Number(created)).toISOString(),
  };
}
