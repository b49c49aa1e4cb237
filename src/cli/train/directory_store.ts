/**
 * A folder that keeps the state of a run in one file, `checkpoint.safetensors`. A process that is
 * killed while it writes leaves the state before.
 */
import { messageOf } from "../../core/errors.ts";
import type { CheckpointStore } from "../../training/run/checkpoint.ts";
import { writeWhole } from "../files/files.ts";

/** How to use the folder. */
export interface DirectoryStoreOptions {
  /** Whether a run goes on from the state that it finds; otherwise that state is replaced. */
  readonly resume: boolean;
  /** Seconds between two writes. */
  readonly everySeconds: number;
}

/** A store in the folder, which is made if it is not there. */
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
    // One draft for all processes: what a killed one leaves, the next one overwrites.
    write: (bytes) => writeWhole(path, [bytes], { draft: `${path}.tmp` }),
  };
}
