/** A model store in memory, lost when the process ends. */
import {
  digestOf,
  EMPTY_INDEX,
  type ModelEntry,
  type ModelIndex,
  type ModelStore,
  requireModelName,
} from "../../storage/model_store.ts";

/**
 * Creates a store in memory.
 * @param files model files by name, each stored as version 1
 * @throws TypeError for a name that cannot be served
 */
export async function memoryStore(
  files: Readonly<Record<string, Uint8Array>> = {},
): Promise<ModelStore> {
  const bytesOf = new Map<string, Uint8Array>();
  const models = new Map<string, ModelEntry>();
  for (const [name, bytes] of Object.entries(files)) {
    requireModelName(name);
    const digest = await digestOf(bytes);
    const created = new Date().toISOString();
    bytesOf.set(digest, bytes.slice());
    models.set(name, {
      last: 1,
      versions: [{ version: 1, digest, bytes: bytes.length, created }],
    });
  }
  let index: ModelIndex = { ...EMPTY_INDEX, models }, revision = 0;
  return {
    async readIndex() {
      return { index, revision: `${revision}` };
    },
    async replaceIndex(next, expected) {
      if (expected !== `${revision}`) return false;
      index = next;
      revision++;
      return true;
    },
    async read(digest) {
      return bytesOf.get(digest);
    },
    async write(digest, bytes) {
      bytesOf.set(digest, bytes.slice());
    },
    async remove(digest) {
      bytesOf.delete(digest);
    },
  };
}
