/** Loads a model file from bytes or a URL. */
import { builtin } from "../../core/builtin.ts";
import { show } from "../../core/validate.ts";
import { type ModelFile, readModelFile } from "./model_file.ts";

/** Reads a model file from bytes, or fetches it from a URL. */
export async function loadModelFile(source: Uint8Array | ArrayBuffer | URL): Promise<ModelFile> {
  if (source instanceof ArrayBuffer) source = new Uint8Array(source);
  if (source instanceof Uint8Array) return readModelFile(source);
  if (!(source instanceof URL)) {
    throw new TypeError(
      `Cannot load model: expected bytes or a URL, got ${show(source)}`,
    );
  }
  const answer = await open(source).catch((error) => error);
  if (answer.ok) return readModelFile(new Uint8Array(await answer.arrayBuffer()));
  throw new TypeError(`Cannot load model from ${source}: got ${answer.status ?? answer}`);
}

interface NodeFiles {
  readFile(file: URL): Promise<Uint8Array<ArrayBuffer>>;
}

/** Fetches, or reads a file: Node.js fetches none. */
async function open(source: URL): Promise<Response> {
  const files = source.protocol === "file:" && builtin<NodeFiles>("node:fs/promises");
  return files ? new Response(await files.readFile(source)) : await fetch(source);
}
