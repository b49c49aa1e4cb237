/**
 * Model files that store float32 tensors in fewer bits. Separate from `model_file.ts`, because the network entry point
 * never writes one.
 */
import { type ModelFile, writeFields, writeModelFile } from "./model_file.ts";
import { packTensors } from "./quantize.ts";

/** The bytes of a file in its format. The same model gives the same bytes. */
export function writePackedFile({ format = "f32", ...file }: ModelFile): Uint8Array {
  if (format === "f32") return writeModelFile(file);
  const tensors = packTensors(file.tensors, format);
  return writeFields({ ...file, tensors }, { weights: format });
}
