/** A folder that an experiment keeps its state in, so that the same command goes on after a kill. */
import type { CheckpointStore } from "../../src/training/checkpoint.ts";

export function folderStore(folder: string): CheckpointStore {
  const path = `${folder}/checkpoint.safetensors`;
  return {
    everySeconds: 60,
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
