/** Uploads in an object store, as `upload.OWNER.NAME`. */
import type { ObjectInfo, ObjectStore } from "npm:@nats-io/obj@3.4.0";
import { toHexadecimal } from "../../core/bytes/hex.ts";
import type { Upload, UploadStore } from "../upload_store.ts";
import { readObject, removeObject, writeObject } from "./objects.ts";
import { withRetries } from "./retries.ts";

/** Files by owner and name. */
export class NatsUploads implements UploadStore {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  async put(owner: string, name: string, bytes: Uint8Array): Promise<Upload> {
    await writeObject(this.#store, `${prefixOf(owner)}${name}`, bytes);
    const info = await withRetries(() => this.#store.info(`${prefixOf(owner)}${name}`));
    return uploadOf(info!, owner);
  }

  async list(owner: string): Promise<readonly Upload[]> {
    const all = await withRetries(() => this.#store.list());
    return all.filter(({ name, deleted }) => !deleted && name.startsWith(prefixOf(owner)))
      .map((info) => uploadOf(info, owner)).sort((a, b) => a.name < b.name ? -1 : 1);
  }

  async read(owner: string, name: string): Promise<Uint8Array | undefined> {
    return await readObject(this.#store, `${prefixOf(owner)}${name}`);
  }

  async delete(owner: string, name: string): Promise<boolean> {
    return await removeObject(this.#store, `${prefixOf(owner)}${name}`);
  }
}

function prefixOf(owner: string): string {
  return `upload.${owner}.`;
}

/** NATS writes a digest as `SHA-256=` and URL-safe base64. */
function uploadOf({ name, size, digest, mtime }: ObjectInfo, owner: string): Upload {
  // Node.js 20 has no Uint8Array.fromBase64.
  const base64 = digest.slice("SHA-256=".length).replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return {
    name: name.slice(prefixOf(owner).length),
    owner,
    bytes: size,
    digest: toHexadecimal(bytes),
    created: new Date(mtime).toISOString(),
  };
}
