/** Models in a SQLite file, for any number of processes on one machine. */
import { indexText, parseIndex } from "../index_text.ts";
import { EMPTY_INDEX, type ModelIndex, type ModelStore, type ReadIndex } from "../model_store.ts";
import type { Database } from "./database.ts";

/** The model store of a database. */
export function sqliteModels(db: Database): ModelStore {
  let last: { readonly index: ModelIndex; readonly revision: number } = {
    index: EMPTY_INDEX,
    revision: 0,
  };
  return {
    async readIndex(): Promise<ReadIndex> {
      const revision = Number(db.row("SELECT revision FROM model_index")?.revision ?? 0);
      if (revision !== last.revision) {
        const row = db.row("SELECT revision, value FROM model_index")!;
        last = { index: parseIndex(String(row.value)), revision: Number(row.revision) };
      }
      return { index: last.index, revision: `${last.revision}` };
    },
    async replaceIndex(index, revision) {
      // Before a model's file is deleted, the index no longer has it.
      return await db.freeing(() => {
        const current = Number(db.row("SELECT revision FROM model_index")?.revision ?? 0);
        if (`${current}` !== revision) return false;
        const text = indexText(index);
        db.run("INSERT OR REPLACE INTO model_index VALUES (1, ?, ?)", current + 1, text);
        return true;
      });
    },
    async read(digest) {
      const row = db.row("SELECT bytes FROM model_files WHERE digest = ?", digest);
      return row?.bytes as Uint8Array | undefined;
    },
    async write(digest, bytes) {
      await db.transaction(() =>
        db.run("INSERT OR IGNORE INTO model_files VALUES (?, ?)", digest, bytes)
      );
    },
    async remove(digest) {
      await db.freeing(() => db.run("DELETE FROM model_files WHERE digest = ?", digest));
    },
  };
}
