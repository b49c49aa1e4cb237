/**
 * A folder that keeps the state of a run in one file, `checkpoint.safetensors`. A process that is killed while writing
 * leaves the previous state. A run locks the folder: two in one would each continue from the other's state.
 */
import type { CheckpointStore } from "../../training/run/checkpoint.ts";
import { lockFolder } from "../files/drafts.ts";
import { reasonOf, requireName, writeAtomically } from "../files/files.ts";

/** How to use the folder. */
export interface DirectoryStoreOptions {
  /** Whether a run continues from an existing state; otherwise it replaces that state. */
  readonly resume: boolean;
  /** Seconds between two writes. */
  readonly everySeconds: number;
}

/** The state of a run in a folder. */
export interface DirectoryStore extends CheckpointStore, Disposable {
  readonly path: string;
  /** Whether the state there is that of this run, and not of an earlier one that it replaces. */
  readonly holdsRun: boolean;
}

/** A store in the folder, which is created if it does not exist. @throws TypeError if another run uses it */
export async function openDirectoryStore(
  folder: string,
  { resume, everySeconds }: DirectoryStoreOptions,
): Promise<DirectoryStore> {
  requireName(folder);
  const path = `${folder.replace(/(?<=.)[/\\]+$/, "")}/checkpoint.safetensors`;
  let lock: Deno.FsFile | undefined;
  try {
    await Deno.mkdir(folder, { recursive: true });
    lock = await lockFolder(folder);
  } catch (error) {
    const isInUse = error instanceof Deno.errors.Busy;
    const reason = isInUse ? "another run is using it" : reasonOf(error);
    throw new TypeError(`Cannot use checkpoint folder ${folder}: ${reason}`, { cause: error });
  }
  let holdsRun = false;
  return {
    path,
    everySeconds,
    get holdsRun() {
      return holdsRun;
    },
    async read() {
      if (!resume) return undefined;
      try {
        const bytes = await Deno.readFile(path);
        holdsRun = true;
        return bytes;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return undefined;
        throw error;
      }
    },
    async write(bytes) {
      await writeAtomically(path, [bytes]);
      holdsRun = true;
    },
    [Symbol.dispose]: () => lock?.close(),
  };
}
