/**
 * Files as the commands read and write them. An output file is written completely or not at all: under another name in
 * the same folder, then flushed to disk, and renamed.
 */
import { messageOf } from "../../core/errors.ts";
import { ANY_EXTENSIONS } from "../../formats/extensions.ts";
import { createDraft } from "./drafts.ts";
import { endingOf, folderOf } from "../text/paths.ts";

/** @throws TypeError if the file does not exist or cannot be read */
export async function readWhole(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    throw new TypeError(`Cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * Checks that an output file can be written, before the work that produces it.
 * @throws TypeError if its folder does not exist, it is a folder itself, read-only, or an input
 */
export async function requireWritablePath(
  path: string,
  inputs: readonly string[] = [],
): Promise<void> {
  requireName(path);
  const existing = await Deno.stat(path).catch((error) => {
    if (codeOf(error) !== "ENAMETOOLONG") return undefined;
    throw new TypeError(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error });
  });
  if (existing?.isDirectory) throw new TypeError(`Cannot write ${path}: it is a folder`);
  const folder = folderOf(path);
  const parent = await Deno.stat(folder).catch((error) => {
    // Deno allows no access to /dev, /proc and /sys without it.
    if (!(error instanceof Deno.errors.NotCapable)) return undefined;
    throw new TypeError(`Cannot write ${path}: Deno allows that only with --allow-all`);
  });
  if (!parent?.isDirectory) throw new TypeError(`Cannot write ${path}: no folder ${folder}`);
  await requireWritable(path, folder);
  if (!existing) return;
  if (existing.isFile) await requireReplaceable(path, existing);
  for (const input of inputs) {
    if (input === "-" || !await isSameFile(path, input)) continue;
    throw new TypeError(`Cannot write ${path}: it is also the input`);
  }
}

/**
 * The same for a model, which must not take the place of a table, as in `train a.csv --out b.csv`.
 * @throws TypeError as `requireWritablePath`, or for the extension of a table
 */
export async function requireModelPath(path: string, inputs: readonly string[]): Promise<void> {
  await requireWritablePath(path, inputs);
  const ending = endingOf(path);
  if (!ANY_EXTENSIONS.includes(ending)) return;
  throw new TypeError(
    `Cannot write ${path}: the name of a model must not end as that of a table, got "${ending}" (.safetensors is usual)`,
  );
}

/** Whether two paths lead to one file. */
export async function isSameFile(path: string, other: string): Promise<boolean> {
  const [one, two] = await Promise.all(
    [path, other].map((each) => Deno.realPath(each).catch(() => undefined)),
  );
  return one !== undefined && one === two;
}

/** @throws TypeError for the name of an output that names no file or folder */
export function requireName(path: string): void {
  if (path === "") throw new TypeError('Cannot write "": the name of a file must not be empty');
  if (path !== "-") return;
  throw new TypeError(
    'Cannot write to standard output: expected the name of a file or folder, got "-" (./- is one of that name)',
  );
}

/**
 * Refuses a file name whose extension does not match what would be written.
 * @param endings the allowed extensions; a name without one is always allowed
 * @throws TypeError for another extension
 */
export function requireEnding(path: string, endings: readonly string[]): void {
  const ending = endingOf(path);
  if (ending === "" || endings.includes(ending)) return;
  throw new TypeError(
    `Cannot write ${path}: its name must end in ${endings.join(" or ")}, got "${ending}"`,
  );
}

/** A new file takes the place of an old one, so what protects the old one would not be noticed. */
async function requireReplaceable(path: string, { mode }: Deno.FileInfo): Promise<void> {
  const isOpened = await Deno.open(path, { write: true }).then((file) => (file.close(), true))
    .catch(() => false);
  // Root may write to what nobody may.
  if (isOpened && (mode === null || mode & 0o222)) return;
  throw new TypeError(`Cannot write ${path}: the file there is read-only`);
}

/** Checks before an hour of training whether its result can be written. @param path for the message */
export async function requireWritable(path: string, folder: string): Promise<void> {
  if (folder.startsWith("/dev")) return;
  try {
    await Deno.remove(await Deno.makeTempFile({ dir: folder, prefix: ".elbow-" }));
  } catch (cause) {
    throw new TypeError(`Cannot write ${path}: the folder ${folder} is not writable`, { cause });
  }
}

type Pieces = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/** Options for writing a file. */
export interface WriteOptions {
  /** Stops writing between two pieces, so that Ctrl-C leaves no draft behind. */
  readonly signal?: AbortSignal;
}

/** Writes a complete file, or leaves the old one in place. @throws the signal's reason */
export async function writeAtomically(
  path: string,
  pieces: Pieces,
  { signal }: WriteOptions = {},
): Promise<void> {
  const existing = await Deno.stat(path).catch(() => undefined);
  // A pipe or a device, such as /dev/null, is written to, never replaced.
  if (existing && !existing.isFile) {
    using file = await naming(path, () => Deno.open(path, { write: true }));
    return await writePieces(file, path, pieces, signal);
  }
  const place = existing ? await Deno.realPath(path) : path;
  // Whoever may read the old file may read the new one, and nobody else.
  const mode = existing?.mode ? existing.mode & 0o777 : undefined;
  const draft = await naming(path, () => createDraft(place, mode));
  // Closed, and so unlocked, only once it has its name.
  using file = draft.file;
  try {
    await writePieces(file, path, pieces, signal);
    if (mode !== undefined) await naming(path, () => Deno.chmod(draft.path, mode));
    await naming(path, () => Deno.rename(draft.path, place));
  } catch (error) {
    await Deno.remove(draft.path).catch(() => {});
    throw error;
  }
}

/** @param path for messages */
async function writePieces(
  file: Deno.FsFile,
  path: string,
  pieces: Pieces,
  signal?: AbortSignal,
): Promise<void> {
  const encoder = new TextEncoder();
  for await (const piece of pieces) {
    signal?.throwIfAborted();
    await writeAll(file, path, typeof piece === "string" ? encoder.encode(piece) : piece);
  }
  // Not every device can be flushed.
  await naming(path, async () => (await file.stat()).isFile && await file.sync());
}

/** Writes all bytes, which one call need not do. @param path for messages */
export async function writeAll(file: Deno.FsFile, path: string, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await naming(path, () => file.write(bytes.subarray(at)));
  }
}

/**
 * @throws DOMException naming the file, with the system's own error as its cause; except if the reader of a pipe has
 * gone, which is no error
 */
export async function naming<Value>(path: string, act: () => Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof Deno.errors.BrokenPipe) throw cause;
    const error = new DOMException(`Cannot write ${path}: ${reasonOf(cause)}`, "DataError");
    throw Object.assign(error, { cause });
  }
}

/** The reason for a file error, for a message. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof Deno.errors.NotADirectory) return "a part of its path is a file";
  if (error instanceof Deno.errors.PermissionDenied) return "permission is denied";
  if (codeOf(error) === "ENAMETOOLONG") return "its name is too long for the file system";
  if (codeOf(error) === "EROFS") return "its disk is read-only";
  if (isDiskFull(error)) return "no space is left on its disk";
  return messageOf(error);
}

/** Whether a file error says that the disk, or the user's share of it, is full. */
export function isDiskFull(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOSPC" || code === "EDQUOT";
}

function codeOf(error: unknown): string | undefined {
  return (error as { readonly code?: string } | undefined)?.code;
}
