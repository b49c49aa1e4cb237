/** The model files of a folder, which `elbow serve` serves under their names. */
import { messageOf } from "../../core/errors.ts";
import { digestOf, isModelName, NAME_RULE } from "../../storage/model_store.ts";
import { baseName, readWhole } from "../files/files.ts";
import { type Io, note } from "../io.ts";
import { loadFile, loadModel } from "../models/model.ts";
import type { BackendOption } from "../options.ts";
import type { PlacedFile } from "./folder_store.ts";

/** The ending of a model's file. */
export const EXTENSION = ".safetensors";

/** Opens every model once, so that a damaged one is refused now rather than at its first request. */
export async function placedModels(
  folder: string,
  { backend }: BackendOption,
  io: Io,
): Promise<PlacedFile[]> {
  const placed: PlacedFile[] = [];
  for (const path of await listModels(folder)) {
    const { kind } = await loadFile(path);
    if (kind === "checkpoint" || kind === "rbm") {
      note(io, `${path} is a ${kind} and is not served`);
      continue;
    }
    using _model = await loadModel(path, { backend });
    const bytes = await readWhole(path), name = baseName(path).slice(0, -EXTENSION.length);
    requireServedName(name, path);
    placed.push({ name, path, digest: await digestOf(bytes), bytes: bytes.length });
  }
  return placed;
}

function requireServedName(name: string, path: string): void {
  if (isModelName(name)) return;
  throw new TypeError(`Cannot serve ${path}: ${NAME_RULE}`);
}

async function listModels(folder: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    const names = entries.map(({ name }) => name).filter((name) => name.endsWith(EXTENSION));
    return names.sort().map((name) => `${folder}/${name}`);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such folder"
      : messageOf(error);
    throw new TypeError(`Cannot serve ${folder}: ${reason}`, { cause: error });
  }
}
