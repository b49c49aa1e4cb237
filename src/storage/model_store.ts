/**
 * Where models are kept: their bytes by digest, and one small index that says which digests a name
 * has had. Whoever changes the index compares it with what was read (compare-and-swap), so that a
 * store needs no more than a map and one guarded value: memory, a folder, a database, a key-value
 * store with revisions.
 *
 * Names are keys of the index and nothing else. No path, query or command is made from a name.
 */
import { show } from "../core/validate.ts";

/** One upload. */
export interface ModelVersion {
  /** Counts from 1 under a name; a number is never given twice. */
  readonly version: number;
  /** SHA-256 of the file, 64 hexadecimal digits. */
  readonly digest: string;
  /** Size of the file. */
  readonly bytes: number;
  /** When it was stored, ISO 8601. */
  readonly created: string;
  /** The job that made it: one job makes one version, however often its end is reported. */
  readonly job?: string;
}

/** What a name has had. */
export interface ModelEntry {
  /** The number given last. */
  readonly last: number;
  /** Those still there, ascending; the last one is served. None if all were deleted. */
  readonly versions: readonly ModelVersion[];
}

/** A second name of a model. */
export interface Alias {
  /** Whose. */
  readonly model: string;
  /** Which version; the latest if none is named. */
  readonly version?: number;
}

/** Everything but the bytes. Values are replaced, never changed. */
export interface ModelIndex {
  /** By name. */
  readonly models: ReadonlyMap<string, ModelEntry>;
  /** By alias; a name is one or the other. */
  readonly aliases: ReadonlyMap<string, Alias>;
}

/** An index as it was read. */
export interface ReadIndex {
  /** What was read. */
  readonly index: ModelIndex;
  /** Another one whenever the index is another. */
  readonly revision: string;
}

/** The models that an app serves and, if it may, changes. */
export interface ModelStore {
  /** The index; cheap, as every request asks for it. A store far away gives the one at hand while it does not answer. */
  readIndex(): Promise<ReadIndex>;
  /**
   * Asks for the index anew, where `readIndex` may give an old one.
   * @throws Error if the store does not answer
   */
  readLatestIndex?(): Promise<ReadIndex>;
  /**
   * Puts an index in the place of the one of that revision.
   * @returns false, and changes nothing, if that is no longer the current one
   */
  replaceIndex(index: ModelIndex, revision: string): Promise<boolean>;
  /** The bytes with that digest, if they are there. */
  read(digest: string): Promise<Uint8Array | undefined>;
  /** Keeps bytes; those with this digest may be there already. */
  write(digest: string, bytes: Uint8Array): Promise<void>;
  /** Forgets bytes. */
  remove(digest: string): Promise<void>;
}

/** No store has room for an index of so many versions. */
export class IndexFullError extends RangeError {
  /** For messages. */
  override readonly name = "IndexFullError";

  /** @param index the one that is too large */
  constructor({ models }: ModelIndex) {
    const versions = [...models.values()].reduce((sum, entry) => sum + entry.versions.length, 0);
    super(`Cannot store model: the store has no room for ${versions} versions: delete old ones`);
  }
}

/** An index of nothing. */
export const EMPTY_INDEX: ModelIndex = { models: new Map(), aliases: new Map() };

/** A letter or digit, then up to 63 letters, digits, dots, underscores and hyphens. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What a name is, in words. */
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
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
