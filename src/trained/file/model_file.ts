/**
 * The model file: one safetensors file whose metadata holds everything that is not a tensor.
 *
 *   format    "elbow"          version  "1"; files of released versions load for ever
 *   kind      what the file is: "vae", "detector", "rbm" or "checkpoint"
 *   checksum  CRC-32 of the file with this field as zeros: a changed bit anywhere is refused
 *   weights   "f16" or "int8" where float32 tensors are kept in fewer bits: `packed_file.ts` writes such
 *   …         JSON texts, by name: "spec", "table", "training"
 *
 * Data only: reading never evaluates anything.
 */
import { crc32 } from "../../core/bytes/crc32.ts";
import { decode, encode, type Tensor } from "../../formats/safetensors/safetensors.ts";
import { show } from "../../core/validate.ts";
import { type ModelSpec, parseSpec } from "../../models/spec.ts";
import { FILE_FORMATS, type FileFormat, unpackTensors } from "./quantize.ts";

/** What a file holds. */
export type ModelFileKind = "vae" | "detector" | "rbm" | "checkpoint";

/** A model file taken apart. */
export interface ModelFile {
  /** What it holds. */
  readonly kind: ModelFileKind;
  /** JSON values by name. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Parameters and vectors by name; as float32, whatever the file keeps. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** How the file keeps float32 tensors; "f32". */
  readonly format?: FileFormat;
}

const FORMAT = "elbow";
const VERSION = "1";
const NO_CHECKSUM = "00000000";
const BEFORE_CHECKSUM = '{"__metadata__":{"checksum":"';

/** A file that is not an Elbow model, or no longer the one that was written. */
export class ModelFileError extends SyntaxError {
  /** For messages. */
  override name = "ModelFileError";
}

/** A model file that keeps its tensors as they are. */
export type WholeFile = ModelFile & { readonly format?: undefined };

/** The same model gives the same bytes. */
export function writeModelFile(file: WholeFile): Uint8Array {
  return writeFields(file, {});
}

/** @param fields texts of the metadata beside those that every file has */
export function writeFields(
  { kind, metadata, tensors }: WholeFile,
  fields: Readonly<Record<string, string>>,
): Uint8Array {
  const texts = Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [name, JSON.stringify(value)]),
  );
  const common = { format: FORMAT, version: VERSION, kind, checksum: NO_CHECKSUM };
  const bytes = encode(tensors, { ...common, ...fields, ...texts });
  bytes.set(new TextEncoder().encode(crc32(bytes)), placeOf(bytes, NO_CHECKSUM));
  return bytes;
}

/**
 * @param inPlace leave tensors where they lie in the bytes, if they can be read there; else they are copied
 * @throws ModelFileError if the bytes are not safetensors, not an Elbow model, of a later version,
 *   or differ from what was written
 */
export function readModelFile(bytes: Uint8Array, inPlace = false): ModelFile {
  if (isNoModel(bytes)) {
    throw new ModelFileError("Cannot read model: it is not a model file (safetensors)");
  }
  const { tensors, metadata: fields } = blamingFile(() => decode(bytes, inPlace));
  const { format, version, kind, checksum, weights = "f32", ...texts } = fields;
  if (format !== FORMAT) {
    throw new ModelFileError(
      `Cannot read model: expected an Elbow model file: format is "${format}"`,
    );
  }
  if (version !== VERSION) {
    throw new ModelFileError(
      `Cannot read model: this release reads version ${VERSION}, got "${version}"`,
    );
  }
  if (!isFileFormat(weights)) {
    throw new ModelFileError(
      `Cannot read model: weights must be one of ${FILE_FORMATS.join(", ")}, got ${show(weights)}`,
    );
  }
  if (!hasChecksum(bytes, checksum)) {
    throw new ModelFileError("Cannot read model: the file is damaged: its checksum does not match");
  }
  const metadata = blamingFile(() =>
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, JSON.parse(text)]))
  );
  const common = { kind: kind as ModelFileKind, metadata };
  if (weights === "f32") return { ...common, tensors };
  return { ...common, tensors: blamingFile(() => unpackTensors(tensors)), format: weights };
}

/** A table, a picture, …: safetensors begins with the length of a header, then "{". */
function isNoModel(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes[8] !== "{".charCodeAt(0);
}

function isFileFormat(name: string): name is FileFormat {
  return (FILE_FORMATS as readonly string[]).includes(name);
}

function hasChecksum(bytes: Uint8Array, checksum: string): boolean {
  const at = placeOf(bytes, checksum);
  if (at < 0) return false;
  const zeros = new Uint8Array(NO_CHECKSUM.length).fill(NO_CHECKSUM.charCodeAt(0));
  const before = crc32(zeros, crc32(bytes.subarray(0, at)));
  return crc32(bytes.subarray(at + zeros.length), before) === checksum;
}

/** The byte at which the checksum stands: keys are in order, so that it is the first. */
function placeOf(bytes: Uint8Array, checksum: string): number {
  const start = String.fromCharCode(...bytes.subarray(8, 8 + BEFORE_CHECKSUM.length + 9));
  return start === `${BEFORE_CHECKSUM}${checksum}"` ? 8 + BEFORE_CHECKSUM.length : -1;
}

/** @throws ModelFileError unless the file holds what the caller can use */
export function requireKind(file: ModelFile, kinds: readonly ModelFileKind[]): void {
  if (kinds.includes(file.kind)) return;
  throw new ModelFileError(
    `Cannot read model: expected a ${kinds.join(" or ")} file, got "${file.kind}"`,
  );
}

/** What the model of a file is. */
export function specOf({ metadata }: ModelFile): ModelSpec {
  return blamingFile(() => parseSpec(metadata.spec));
}

/** Runs `read`; for what it refuses, the file is to blame. */
export function blamingFile<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof ModelFileError) throw error;
    const fault = error.message.replace(/^Cannot read (safetensors: )?/, "");
    throw new ModelFileError(`Cannot read model: ${fault}`, { cause: error });
  }
}
