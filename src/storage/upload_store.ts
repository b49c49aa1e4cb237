/**
 * Files that callers store for their jobs. Two implementations: in the database of the queue (`sqlite/uploads.ts`) and
 * in an object store of NATS (`nats/uploads.ts`).
 */

/** A file that jobs can use. */
export interface Upload {
  /** With the extension that gives its format. */
  readonly name: string;
  /** Whose file it is. */
  readonly owner: string;
  /** Its size. */
  readonly bytes: number;
  /** SHA-256, 64 hexadecimal digits. */
  readonly digest: string;
  /** When it was stored, ISO 8601. */
  readonly created: string;
}

/** Files of callers, by owner and name. */
export interface UploadStore {
  /** Stores a file; replaces one of the same name. */
  put(owner: string, name: string, bytes: Uint8Array): Promise<Upload>;
  /** The files of an owner, by name. */
  list(owner: string): Promise<readonly Upload[]>;
  /** The bytes of a file. */
  read(owner: string, name: string): Promise<Uint8Array | undefined>;
  /** Deletes a file. @returns whether it existed */
  delete(owner: string, name: string): Promise<boolean>;
}
