/** A folder that an experiment keeps its state in, so that the same command goes on after a kill. */
import type { CheckpointStore } from "../../src/training/checkpoint.ts";

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

/** What work gave, kept in the folder: done once, it is told from there. */
export async function onceIn(folder: string, work: () => Promise<string>): Promise<string> {
  const path = `${folder}/result.txt`;
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const result = await work();
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${path}.tmp`, result);
  await Deno.rename(`${path}.tmp`, path);
  return result;
}
