/** A folder for the state of an experiment, so that the same command continues after a kill. */
import type { CheckpointStore } from "../../src/training/run/checkpoint.ts";

/** @param everySeconds between two writes */
export function folderStore(folder: string, everySeconds = 60): CheckpointStore {
  const path = `${folder}/checkpoint.safetensors`;
  return {
    everySeconds,
    async read() {
      try {
        return await Deno.readFile(path);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return undefined;
        throw error;
      }
    },
    async write(bytes) {
      await Deno.mkdir(folder, { recursive: true });
      await Deno.writeFile(`${path}.tmp`, bytes);
      await Deno.rename(`${path}.tmp`, path);
    },
  };
}

/**
 * The result of some work, kept in the folder with the options of the work. Work that is done is not repeated.
 * @throws Error if the folder has results of other options
 */
export async function onceIn(
  folder: string,
  options: Readonly<Record<string, unknown>>,
  work: () => Promise<string>,
): Promise<string> {
  const wanted = JSON.stringify(options);
  const result = await readText(`${folder}/result.txt`);
  const known = await readText(`${folder}/options.json`);
  if (known !== undefined && known !== wanted) {
    throw new Error(
      `Cannot go on in ${folder}: options must be ${known}, got ${wanted}; take another folder`,
    );
  }
  if (result !== undefined && known !== undefined) return result;
  await Deno.mkdir(folder, { recursive: true });
  await writeText(`${folder}/options.json`, wanted);
  const done = await work();
  await writeText(`${folder}/result.txt`, done);
  return done;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function writeText(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${path}.tmp`, text);
  await Deno.rename(`${path}.tmp`, path);
}
