/**
 * A store of models: their bytes by digest, and one small index of the digests that each name has had. The index is
 * replaced by compare-and-swap, so a store needs only a map and one guarded value: memory, a folder, a database, or a
 * key-value store with revisions.
 *
 * Names are only keys of the index. No path, query or command is built from a name.
 */
import { toHexadecimal } from "../core/bytes/hex.ts";
import { show } from "../core/validate.ts";

/** One uploaded version. */
export interface ModelVersion {
  /** Counts from 1 for each name; a number is never reused. */
  readonly version: number;
  /** SHA-256 of the file, 64 hexadecimal digits. */
  readonly digest: string;
  /** Size of the file in bytes. */
  readonly bytes: number;
  /** When it was stored, ISO 8601. */
  readonly created: string;
  /** The job that made it: one job makes one version, however often it reports its end. */
  readonly job?: string;
}

/** The versions of a name. */
export interface ModelEntry {
  /** The last number used. */
  readonly last: number;
  /** The versions that still exist, ascending; the last one is served. Empty if all were deleted. */
  readonly versions: readonly ModelVersion[];
}

/** Another name for a model. */
export interface Alias {
  /** The name of the model. */
  readonly model: string;
  /** The version; the latest if omitted. */
  readonly version?: number;
}

/** Everything but the bytes. Values are replaced, never changed. */
export interface ModelIndex {
  /** By name. */
  readonly models: ReadonlyMap<string, ModelEntry>;
  /** By alias; a name is a model's or an alias, never both. */
  readonly aliases: ReadonlyMap<string, Alias>;
}

/** An index as it was read. */
export interface ReadIndex {
  /** The index. */
  readonly index: ModelIndex;
  /** Differs whenever the index differs. */
  readonly revision: string;
}

/** The models that an app serves and, if permitted, changes. */
export interface ModelStore {
  /** The index; cheap, as every request reads it. A remote store may return a cached one while it does not respond. */
  readIndex(): Promise<ReadIndex>;
  /**
   * Reads the index from the store, in case `readIndex` returns a cached one.
   * @throws Error if the store does not respond
   */
  readLatestIndex?(): Promise<ReadIndex>;
  /**
   * Replaces the index if its revision is still current.
   * @returns false, and changes nothing, if it is not
   */
  replaceIndex(index: ModelIndex, revision: string): Promise<boolean>;
  /** The bytes with this digest, if the store has them. */
  read(digest: string): Promise<Uint8Array | undefined>;
  /** Stores bytes; they may be there already. */
  write(digest: string, bytes: Uint8Array): Promise<void>;
  /** Deletes bytes. */
  remove(digest: string): Promise<void>;
}

/** The index has too many versions for the store. */
export class IndexFullError extends RangeError {
  /** The name of the class, for messages. */
  override readonly name = "IndexFullError";

  /** @param index the index that is too large */
  constructor({ models }: ModelIndex) {
    const versions = [...models.values()].reduce((sum, entry) => sum + entry.versions.length, 0);
    super(`Cannot store model: the store has no room for ${versions} versions: delete old ones`);
  }
}

/** An empty index. */
export const EMPTY_INDEX: ModelIndex = { models: new Map(), aliases: new Map() };

/** A letter or digit, then up to 63 letters, digits, dots, underscores and hyphens. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The rule for names, in words. */
export const NAME_RULE =
  'a name is 1 to 64 letters, digits, ".", "_" and "-", and starts with a letter or digit';

/** Whether a model can be served under this name. */
export function isModelName(name: string): boolean {
  return NAME.test(name);
}

/** @throws TypeError unless a model can be served under this name */
export function requireModelName(name: string): void {
  if (isModelName(name)) return;
  throw new TypeError(`Cannot serve model ${show(name)}: ${NAME_RULE}`);
}

/** SHA-256 of the bytes, 64 hexadecimal digits. */
export async function digestOf(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return toHexadecimal(new Uint8Array(hash));
}
