/** The model files of a folder, which `elbow serve` serves under their names. */
import { digestOf, isModelName, NAME_RULE } from "../../storage/model_store.ts";
import { readWhole, reasonOf } from "../files/files.ts";
import { baseName } from "../text/paths.ts";
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
  const paths = await listFiles(folder);
  for (const path of paths.filter((path) => !path.endsWith(EXTENSION))) {
    if (!await looksLikeModel(path)) continue;
    note(io, `${path} is not served, because its name does not end in ${EXTENSION}`);
  }
  for (const path of paths.filter((path) => path.endsWith(EXTENSION))) {
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

async function listFiles(folder: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.map(({ name }) => `${folder}/${name}`).sort();
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such folder"
      : error instanceof Deno.errors.NotADirectory
      ? "it is a file, not a folder"
      : reasonOf(error);
    throw new TypeError(`Cannot serve ${folder}: ${reason}`, { cause: error });
  }
}

/** Whether a file begins as safetensors do: the length of a header, and its first brace. */
async function looksLikeModel(path: string): Promise<boolean> {
  const entry = await Deno.stat(path).catch(() => undefined);
  if (!entry?.isFile) return false;
  using file = await Deno.open(path);
  const head = new Uint8Array(9), count = await file.read(head);
  const length = new DataView(head.buffer).getBigUint64(0, true);
  return count === head.length && head[8] === "{".charCodeAt(0) && length < 1n << 27n;
}
