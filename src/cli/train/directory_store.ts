/**
 * A folder that keeps the state of a run in one file, `checkpoint.safetensors`. A process that is killed while writing
 * leaves the previous state.
 */
import { messageOf } from "../../core/errors.ts";
import type { CheckpointStore } from "../../training/run/checkpoint.ts";
import { writeAtomically } from "../files/files.ts";

/** How to use the folder. */
export interface DirectoryStoreOptions {
  /** Whether a run continues from an existing state; otherwise it replaces that state. */
  readonly resume: boolean;
  /** Seconds between two writes. */
  readonly everySeconds: number;
}

/** A store in the folder, which is created if it does not exist. */
export async function openDirectoryStore(
  folder: string,
  { resume, everySeconds }: DirectoryStoreOptions,
): Promise<CheckpointStore & { readonly path: string }> {
  const path = `${folder.replace(/(?<=.)[/\\]+$/, "")}/checkpoint.safetensors`;
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (error) {
    const reason = messageOf(error);
    throw new TypeError(`Cannot use checkpoint folder ${folder}: ${reason}`, { cause: error });
  }
  return {
    path,
    everySeconds,
    async read() {
      if (!resume) return undefined;
      try {
        return await Deno.readFile(path);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return undefined;
        throw error;
      }
    },
    // One draft for all processes, so that the next one overwrites what a killed one left.
    write: (bytes) => writeAtomically(path, [bytes], { draft: `${path}.tmp` }),
  };
}
