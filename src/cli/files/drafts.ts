/**
 * Drafts: outputs while they are written, beside their place, under names that no other process takes. The process that
 * writes a draft holds a lock on it, which ends with the process, however that ends. A draft without a lock is what a
 * killed process left, and goes when the next output is written to its place.
 *
 * Limits: where files cannot be locked, as on some network disks, drafts of killed processes stay.
 */
import { baseName, folderOf } from "../text/paths.ts";

/** How a draft's name continues that of its place. */
const ENDING = /^\.elbow-[0-9a-f]{12}\.tmp$/;

/** Bytes of a name's beginning for which the end of a draft's name leaves room: file systems take names of 255. */
const MAX_BEGINNING = 255 - ".elbow-0123456789ab.tmp".length;

/** How the names of a place's drafts begin: with its own name, or as many of its characters as there is room for. */
function draftBeginning(place: string): string {
  const characters = Array.from(baseName(place)), encoder = new TextEncoder();
  while (encoder.encode(characters.join("")).length > MAX_BEGINNING) characters.pop();
  return characters.join("");
}

/** A new name beside a place. */
function draftName(place: string): string {
  const folder = place.slice(0, place.length - baseName(place).length);
  return `${folder}${draftBeginning(place)}.elbow-${crypto.randomUUID().slice(-12)}.tmp`;
}

/** Tries to take the lock of an open file. False if another process holds it; undefined if files cannot be locked. */
async function tryLock(file: Deno.FsFile): Promise<boolean | undefined> {
  return await file.tryLock(true).catch(() => undefined);
}

/** Creates the draft of a file, locked until it is closed. */
export async function createDraft(
  place: string,
  mode?: number,
): Promise<{ readonly path: string; readonly file: Deno.FsFile }> {
  await removeLeftDrafts(place);
  for (;;) {
    const path = draftName(place);
    const file = await Deno.open(path, { write: true, createNew: true, mode });
    try {
      // Until it was locked, another process may have taken it for a killed one's.
      const isLocked = await tryLock(file) !== false;
      if (isLocked && await exists(path)) return { path, file };
    } catch (error) {
      file.close();
      await Deno.remove(path).catch(() => {});
      throw error;
    }
    file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    return await Deno.stat(path).then(() => true);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Creates the draft of a folder, locked until it is disposed of. */
export async function createFolderDraft(
  place: string,
): Promise<{ readonly path: string } & Disposable> {
  await removeLeftDrafts(place);
  const path = draftName(place);
  await Deno.mkdir(path, { recursive: true });
  const lock = await lockFolder(path);
  return { path, [Symbol.dispose]: () => lock?.close() };
}

/**
 * Locks a folder until what this returns is closed; undefined where folders cannot be locked, as on Windows.
 * @throws Deno.errors.Busy if another process holds the lock
 */
export async function lockFolder(path: string): Promise<Deno.FsFile | undefined> {
  const folder = await Deno.open(path).catch(() => undefined);
  if (!folder || await tryLock(folder) !== false) return folder;
  folder.close();
  throw new Deno.errors.Busy("another process uses it");
}

/** Removes the drafts that killed processes left beside a place. */
async function removeLeftDrafts(place: string): Promise<void> {
  const name = draftBeginning(place), folder = folderOf(place);
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (!entry.name.startsWith(name) || !ENDING.test(entry.name.slice(name.length))) continue;
      const path = `${folder}/${entry.name}`;
      using file = await Deno.open(path);
      if (await tryLock(file)) await Deno.remove(path, { recursive: true });
    }
  } catch {
    // What cannot be removed is in nobody's way.
  }
}
