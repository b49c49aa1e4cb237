/** Folders as commands write them: completely or not at all, to a new or empty place. */
import { createFolderDraft } from "./drafts.ts";
import { naming, reasonOf, requireName, requireWritable } from "./files.ts";
import { folderOf } from "../text/paths.ts";

/** @throws TypeError unless the folder is new or empty, and can be written */
export async function requireEmptyFolder(folder: string): Promise<void> {
  requireName(folder);
  const existing = await Deno.stat(folder).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    const isFile = error instanceof Deno.errors.NotADirectory;
    const reason = isFile ? "a part of this path is a file" : reasonOf(error);
    throw new TypeError(`Cannot write ${folder}: ${reason}`, { cause: error });
  });
  if (existing && !existing.isDirectory) {
    throw new TypeError(`Cannot write ${folder}: it is a file`);
  }
  for await (const { name } of existing ? Deno.readDir(folder) : []) {
    throw new TypeError(`Cannot write ${folder}: the folder must be empty, but holds ${name}`);
  }
  if (existing) await requireWritable(folder, folder);
  await requireWritable(folder, await folderAbove(folder));
}

/** The folder that a folder is made in: its own, or the first above it that exists. */
async function folderAbove(folder: string): Promise<string> {
  const above = folderOf(withoutEnd(folder));
  const isThere = await Deno.stat(above).then(() => true, () => false);
  return isThere ? above : await folderAbove(above);
}

function withoutEnd(folder: string): string {
  return folder.replace(/(?<=.)[/\\]+$/, "");
}

/**
 * Writes under another name in the same place, then renames.
 * @param files by name; a name may include subfolders
 * @throws DOMException naming the folder
 */
export async function writeFolder(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const place = withoutEnd(folder);
  using draft = await naming(folder, () => createFolderDraft(place));
  try {
    for (const [name, bytes] of files) {
      const path = `${draft.path}/${name}`;
      await naming(`${folder}/${name}`, async () => {
        await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
        await Deno.writeFile(path, bytes);
      });
    }
    await naming(folder, () => Deno.rename(draft.path, place));
  } catch (error) {
    await Deno.remove(draft.path, { recursive: true }).catch(() => {});
    throw error;
  }
}
