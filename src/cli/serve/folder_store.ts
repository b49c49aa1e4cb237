/**
 * Models in a folder. Files that people put there are served under their names. Uploaded models are stored in `.elbow/`
 * under their digests, beside `index.json`, which holds their names. No path is built from the name of a model.
 *
 * The bytes are on disk before the index names them, and both are written completely or not at all: a process that is
 * killed leaves the old index or the new one.
 *
 * Limits: only one process may change a folder at a time.
 */
import { indexText, parseIndex, requireDigest } from "../../storage/index_text.ts";
import {
  EMPTY_INDEX,
  type ModelEntry,
  type ModelIndex,
  type ModelStore,
} from "../../storage/model_store.ts";
import { StorageFullError } from "../../storage/storage_full.ts";
import { isDiskFull, naming, writeAtomically } from "../files/files.ts";

/** A file that somebody put in the folder. */
export interface PlacedFile {
  readonly name: string;
  readonly path: string;
  readonly digest: string;
  readonly bytes: number;
}

/**
 * Opens a folder as a store.
 * @param placed its files; one that the index does not know becomes the next version of its name
 * @param writable whether the folder may be written to
 * @throws SyntaxError if the index is damaged
 */
export async function openFolderStore(
  folder: string,
  placed: readonly PlacedFile[],
  writable: boolean,
): Promise<ModelStore> {
  const dataFolder = `${folder}/.elbow`, indexPath = `${dataFolder}/index.json`;
  if (writable) await naming(dataFolder, () => Deno.mkdir(dataFolder, { recursive: true }));
  const pathOf = new Map(placed.map(({ digest, path }) => [digest, path]));
  const blobPath = (digest: string) =>
    pathOf.get(digest) ?? `${dataFolder}/${requireDigest(digest)}`;
  const text = await readIfPresent(indexPath);
  let index = await withPlaced(text ? parseIndex(text) : EMPTY_INDEX, placed, blobPath);
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

/** The index without versions whose bytes are gone, and with the files that it does not know. */
async function withPlaced(
  index: ModelIndex,
  placed: readonly PlacedFile[],
  blobPath: (digest: string) => string,
): Promise<ModelIndex> {
  const models = new Map<string, ModelEntry>();
  for (const [name, { last, versions }] of index.models) {
    const present = await Promise.all(
      versions.map(({ digest }) => Deno.stat(blobPath(digest)).catch(undefinedIfGone)),
    );
    models.set(name, { last, versions: versions.filter((_, i) => present[i]) });
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
    await writeAtomically(path, [content]);
  } catch (error) {
    throw isDiskFull((error as Error).cause) ? new StorageFullError(error) : error;
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  return await Deno.readTextFile(path).catch(undefinedIfGone);
}

function undefinedIfGone(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
