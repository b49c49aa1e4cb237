/**
 * Models in a folder. Files that people put there are served under their names; what is uploaded lies
 * in `.elbow/`, under its digest, beside `index.json`, which says what it is called. Names of models
 * become no part of any path.
 *
 * The bytes are on the disk before the index names them, and both appear whole: a process that is
 * killed leaves the index before or the one after.
 *
 * Limits: one process changes a folder at a time.
 */
import { indexText, parseIndex, requireDigest } from "../../storage/index_text.ts";
import {
  EMPTY_INDEX,
  type ModelEntry,
  type ModelIndex,
  type ModelStore,
} from "../../storage/model_store.ts";
import { StorageFullError } from "../../storage/storage_full.ts";
import { writeWhole } from "../files/files.ts";

/** A file that somebody put into the folder. */
export interface PlacedFile {
  readonly name: string;
  readonly path: string;
  readonly digest: string;
  readonly bytes: number;
}

/**
 * The store of a folder.
 * @param placed what lies there; a file that the index does not know is the next version of its name
 * @param writable whether anything may be written
 * @throws SyntaxError if the index is damaged
 */
export async function openFolderStore(
  folder: string,
  placed: readonly PlacedFile[],
  writable: boolean,
): Promise<ModelStore> {
  const inner = `${folder}/.elbow`, indexPath = `${inner}/index.json`;
  if (writable) await Deno.mkdir(inner, { recursive: true });
  const pathOf = new Map(placed.map(({ digest, path }) => [digest, path]));
  const blobPath = (digest: string) => pathOf.get(digest) ?? `${inner}/${requireDigest(digest)}`;
  const there = await readIfThere(indexPath);
  let index = await withPlaced(there ? parseIndex(there) : EMPTY_INDEX, placed, blobPath);
  let revision = 0;
  const save = (next: ModelIndex) => write(indexPath, indexText(next));
  if (writable) await save(index);
  return {
    async readIndex() {
      return { index, revision: `${revision}` };
    },
    async replaceIndex(next, expected) {
      if (expected !== `${revision}`) return false;
      await save(next);
      index = next;
      revision++;
      return true;
    },
    async read(digest) {
      return await Deno.readFile(blobPath(digest)).catch(undefinedIfGone);
    },
    async write(digest, bytes) {
      if (!pathOf.has(digest)) await write(blobPath(digest), bytes);
    },
    async remove(digest) {
      await Deno.remove(blobPath(digest)).catch(undefinedIfGone);
      pathOf.delete(digest);
    },
  };
}

/** The index less the versions whose bytes are gone, and with the files that it does not know. */
async function withPlaced(
  index: ModelIndex,
  placed: readonly PlacedFile[],
  blobPath: (digest: string) => string,
): Promise<ModelIndex> {
  const models = new Map<string, ModelEntry>();
  for (const [name, { last, versions }] of index.models) {
    const there = await Promise.all(
      versions.map(({ digest }) => Deno.stat(blobPath(digest)).catch(undefinedIfGone)),
    );
    models.set(name, { last, versions: versions.filter((_, i) => there[i]) });
  }
  for (const { name, digest, bytes } of placed) {
    const { last, versions } = models.get(name) ?? { last: 0, versions: [] };
    if (versions.some((each) => each.digest === digest)) continue;
    const version = { version: last + 1, digest, bytes, created: new Date().toISOString() };
    models.set(name, { last: version.version, versions: [...versions, version] });
  }
  const aliases = [...index.aliases].filter(([, { model, version }]) =>
    models.get(model)?.versions.some((each) => version === undefined || each.version === version)
  );
  return { models, aliases: new Map(aliases) };
}

/** @throws StorageFullError */
async function write(path: string, content: Uint8Array | string): Promise<void> {
  try {
    await writeWhole(path, [content]);
  } catch (error) {
    const { code } = error as { readonly code?: string };
    throw code === "ENOSPC" ? new StorageFullError(error) : error;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  return await Deno.readTextFile(path).catch(undefinedIfGone);
}

function undefinedIfGone(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
