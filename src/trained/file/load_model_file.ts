/** Loads a model file from bytes or a URL. */
import { show } from "../../core/validate.ts";
import { type ModelFile, readModelFile } from "./model_file.ts";

/** Reads a model file from bytes, or fetches it from a URL. */
export async function loadModelFile(source: Uint8Array | URL): Promise<ModelFile> {
  if (source instanceof Uint8Array) return readModelFile(source);
  if (!(source instanceof URL)) {
    throw new TypeError(
      `Cannot load model: expected the bytes of its file as a Uint8Array, or a URL, got ${
        show(source)
      }`,
    );
  }
  // Node.js fetches no files.
  const answer = await fetch(source).catch((error) => error);
  if (answer.ok) return readModelFile(new Uint8Array(await answer.arrayBuffer()));
  throw new TypeError(`Cannot load model from ${source}: got ${answer.status ?? answer}`);
}
