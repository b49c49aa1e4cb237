/**
 * The model file: one safetensors file whose metadata holds everything that is not a tensor.
 *
 *   format    "elbow"          version  "1"; files of released versions can always be loaded
 *   kind      type of file: "vae", "detector", "rbm" or "checkpoint"
 *   checksum  CRC-32 of the file with this field as zeros: a file with any changed bit is rejected
 *   weights   "f16" or "int8" if float32 tensors are stored in fewer bits, as `packed_file.ts` writes them
 *   …         JSON texts, by name: "spec", "table", "training"
 *
 * Data only: reading never evaluates anything.
 */
import { crc32 } from "../../core/bytes/crc32.ts";
import { decode, encode, type Tensor } from "../../formats/safetensors/safetensors.ts";
import { memoize } from "../../core/memoize.ts";
import { faultOf } from "../../core/errors.ts";
import { requireChoice } from "../../core/validate.ts";
import { type ModelSpec, parseSpec } from "../../models/spec.ts";
import { FILE_FORMATS, type FileFormat, unpackTensors } from "./quantize.ts";

/** The type of a file. */
export type ModelFileKind = "vae" | "detector" | "rbm" | "checkpoint";

/** A parsed model file. */
export interface ModelFile {
  /** Type of the file. */
  readonly kind: ModelFileKind;
  /** JSON values by name. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Parameters and vectors by name; float32, however the file stores them. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** How the file stores float32 tensors. Default: "f32". */
  readonly format?: FileFormat;
}

const FORMAT = "elbow";
const VERSION = "1";
const NO_CHECKSUM = "00000000";
const BEFORE_CHECKSUM = '{"__metadata__":{"checksum":"';

/** The file is not an Elbow model, or is damaged. */
export class ModelFileError extends SyntaxError {
  /** For messages. */
  override name = "ModelFileError";
  /** What is wrong with the file, in words. */
  declare readonly fault: string;

  /** The message begins with what could not be done. @param fault what is wrong with the file, in words */
  constructor(fault: string, options?: ErrorOptions) {
    super(`Cannot read model: ${fault}`, options);
    this.fault = fault;
  }
}

/** A model file that stores its tensors unchanged. */
export type UnpackedFile = ModelFile & { readonly format?: undefined };

/** Writes a file; the same model gives the same bytes. */
export function writeModelFile(file: UnpackedFile): Uint8Array {
  return writeFields(file, {});
}

/** @param fields metadata in addition to the fields of every file */
export function writeFields(
  { kind, metadata, tensors }: UnpackedFile,
  fields: Readonly<Record<string, string>>,
): Uint8Array {
  const texts = Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [name, JSON.stringify(value)]),
  );
  const common = { format: FORMAT, version: VERSION, kind, checksum: NO_CHECKSUM };
  const bytes = encode(tensors, { ...common, ...fields, ...texts });
  bytes.set(new TextEncoder().encode(crc32(bytes)), checksumOffset(bytes, NO_CHECKSUM));
  return bytes;
}

/**
 * @param inPlace use tensors as views of the bytes if their alignment allows it; otherwise they are copied
 * @throws ModelFileError if the bytes are not safetensors, not an Elbow model, of a later version,
 *   or differ from what was written
 */
export function readModelFile(bytes: Uint8Array, inPlace = false): ModelFile {
  if (isNoModel(bytes)) {
    throw new ModelFileError("it is not an Elbow model file");
  }
  return asModelFileError(() => {
    const { tensors, metadata: fields } = decode(bytes, inPlace);
    const { format, version, kind, checksum, weights = "f32", ...texts } = fields;
    if (format !== FORMAT) {
      throw new ModelFileError(`expected an Elbow model file, got format "${format}"`);
    }
    if (version !== VERSION) {
      throw new ModelFileError(`this release reads version ${VERSION}, got "${version}"`);
    }
    const stored = requireChoice("weights", weights, FILE_FORMATS);
    if (!hasChecksum(bytes, checksum)) {
      throw new ModelFileError("the file is damaged (its checksum does not match)");
    }
    const metadata = Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, JSON.parse(text)]),
    );
    const common = { kind: kind as ModelFileKind, metadata };
    if (stored === "f32") return { ...common, tensors };
    return { ...common, tensors: unpackTensors(tensors), format: stored };
  });
}

/** Whether the bytes are another type of file: safetensors begins with the length of its header, then "{". */
function isNoModel(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes[8] !== "{".charCodeAt(0);
}

function hasChecksum(bytes: Uint8Array, checksum: string): boolean {
  const at = checksumOffset(bytes, checksum);
  if (at < 0) return false;
  const zeros = new Uint8Array(NO_CHECKSUM.length).fill(NO_CHECKSUM.charCodeAt(0));
  return crc32(bytes.subarray(0, at), zeros, bytes.subarray(at + zeros.length)) === checksum;
}

/** The byte offset of the checksum. Metadata keys are sorted, so it comes first. */
function checksumOffset(bytes: Uint8Array, checksum: string): number {
  const start = String.fromCharCode(...bytes.subarray(8, 8 + BEFORE_CHECKSUM.length + 9));
  return start === `${BEFORE_CHECKSUM}${checksum}"` ? 8 + BEFORE_CHECKSUM.length : -1;
}

/** @throws ModelFileError unless the file has one of the kinds */
export function requireKind(file: ModelFile, kinds: readonly ModelFileKind[]): void {
  if (kinds.includes(file.kind)) return;
  throw new ModelFileError(
    `expected a ${kinds.join(" or ")} file, got "${file.kind}"`,
  );
}

/** The model specification in a file; the same object each time, as its parameters are then listed once. */
export const specOf: (file: ModelFile) => ModelSpec = memoize(({ metadata }) =>
  asModelFileError(() => parseSpec(metadata.spec))
);

/** Runs `read`, and turns its errors into a `ModelFileError`. */
export function asModelFileError<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof ModelFileError) throw error;
    throw new ModelFileError(faultOf(error as Error), { cause: error });
  }
}
