/**
 * Bytes by name in an object store. NATS checks the digest on reading; a name whose bytes are being replaced is read
 * again.
 */
import type { ObjectStore } from "npm:@nats-io/obj@3.4.0";
import { withRetries } from "./retries.ts";

/** Consecutive reads that may fail because the bytes are being replaced. */
const READS = 5;

export async function readObject(
  store: ObjectStore,
  name: string,
): Promise<Uint8Array | undefined> {
  for (let reads = 1;; reads++) {
    try {
      const bytes = await withRetries(() => store.getBlob(name));
      return bytes ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) : undefined;
    } catch (error) {
      if (reads === READS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 * reads));
    }
  }
}

/** Stores bytes; replaces those of the same name. */
export async function writeObject(
  store: ObjectStore,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  await withRetries(() => store.putBlob({ name }, bytes));
}

/** Stores bytes whose name is their digest, unless they exist. */
export async function keepObject(
  store: ObjectStore,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const existing = await withRetries(() => store.info(name));
  if (!existing || existing.deleted) await writeObject(store, name, bytes);
}

/** @returns whether it existed */
export async function removeObject(store: ObjectStore, name: string): Promise<boolean> {
  const existing = await withRetries(() => store.info(name));
  if (!existing || existing.deleted) return false;
  await withRetries(() => store.delete(name)).catch(() => {});
  return true;
}
