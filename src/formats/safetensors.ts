/**
 * The safetensors format: bytes to tensors here, and back in safetensors_encode.ts.
 * Source: safetensors README, "Format", and the validation rules of its Rust implementation.
 * Limits: header of at most 1 MB (the reference allows 100 MB), 4096 tensors, the types of {@link DType}.
 * Values are not judged: NaN and infinities pass.
 */
import {
  type HeaderEntry,
  MAX_HEADER_BYTES,
  parseHeader,
  SafetensorsError,
} from "./safetensors_header.ts";
import {
  ARRAYS,
  countElements,
  type DType,
  DTYPES,
  isDType,
  LITTLE_ENDIAN,
  swapped,
  type Tensor,
  type TensorData,
} from "./safetensors_types.ts";

export { encode } from "./safetensors_encode.ts";
export { MAX_HEADER_BYTES, MAX_TENSORS, SafetensorsError } from "./safetensors_header.ts";
export type { DType, Tensor, TensorData } from "./safetensors_types.ts";

/** What a file holds. */
export interface Safetensors {
  /** Tensors by name, in the order of the file. */
  readonly tensors: Map<string, Tensor>;
  /** Free text by name; has no inherited keys. */
  readonly metadata: Record<string, string>;
}

/** Reads a file; throws {@link SafetensorsError} unless every rule of the format holds. Data is copied. */
export function decode(bytes: Uint8Array): Safetensors {
  const headerBytes = readHeaderLength(bytes);
  const { entries, metadata } = parseHeader(readHeaderText(bytes.subarray(8, 8 + headerBytes)));
  const body = bytes.subarray(8 + headerBytes);
  // In order of the data, as the reference does: the order of the header is free.
  const ordered = [...entries].sort(([, { offsets: left }], [, { offsets: right }]) =>
    left[0] - right[0] || left[1] - right[1]
  );
  const placed = ordered.map(([name, entry]) => ({
    ...entry,
    name,
    dtype: checkDType(name, entry),
  }));
  const end = checkLayout(placed);
  if (end !== body.length) {
    throw new SafetensorsError(
      `data must be ${end} bytes long, all of it in tensors: current value is ${body.length}`,
    );
  }
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, offsets } of placed) {
    tensors.set(name, { dtype, shape, data: copyData(body.subarray(...offsets), dtype) });
  }
  const record: Record<string, string> = Object.create(null);
  for (const [key, value] of metadata) record[key] = value;
  return { tensors, metadata: record };
}

interface PlacedEntry extends HeaderEntry {
  readonly name: string;
  readonly dtype: DType;
}

function readHeaderLength(bytes: Uint8Array): number {
  if (bytes.length < 8) {
    throw new SafetensorsError(
      `file must be at least 8 bytes long: current value is ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new SafetensorsError(
      `header must be at most ${MAX_HEADER_BYTES} bytes long: current value is ${length}`,
    );
  }
  if (Number(length) > bytes.length - 8) {
    throw new SafetensorsError(
      `header must lie inside the file: current value is ${length} of ${bytes.length - 8} bytes`,
    );
  }
  return Number(length);
}

function readHeaderText(header: Uint8Array): string {
  if (header[0] !== 0x7b) throw new SafetensorsError('header must start with "{"');
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
  } catch {
    throw new SafetensorsError("header must be valid UTF-8");
  }
}

function checkDType(name: string, { dtype }: HeaderEntry): DType {
  if (isDType(dtype)) return dtype;
  throw new SafetensorsError(
    `tensor ${JSON.stringify(name)} must have a dtype among ${DTYPES.join(", ")}: ` +
      `current value is ${JSON.stringify(dtype)}`,
  );
}

/** Checks that tensors in order of offset leave no hole and do not overlap; returns where they end. */
function checkLayout(ordered: readonly PlacedEntry[]): number {
  let next = 0;
  for (const { name, dtype, shape, offsets: [start, end] } of ordered) {
    const quoted = JSON.stringify(name);
    if (start !== next || end < start) {
      throw new SafetensorsError(
        `tensor ${quoted} must start at byte ${next} and not end before it: ` +
          `current value is [${start}, ${end}]`,
      );
    }
    const sizeBytes = countElements(shape) * ARRAYS[dtype].BYTES_PER_ELEMENT;
    if (!Number.isSafeInteger(sizeBytes)) {
      throw new SafetensorsError(
        `tensor ${quoted} must have a shape whose size is below 2^53 bytes`,
      );
    }
    if (sizeBytes !== end - start) {
      throw new SafetensorsError(
        `tensor ${quoted} must span ${sizeBytes} bytes for ${dtype} [${shape.join(", ")}]: ` +
          `current value is ${end - start}`,
      );
    }
    next = end;
  }
  return next;
}

/** Copies into a buffer of its own, so that every element type is aligned. (`slice` of a Node Buffer would not copy.) */
function copyData(raw: Uint8Array, dtype: DType): TensorData {
  const array = ARRAYS[dtype];
  const copy = LITTLE_ENDIAN ? new Uint8Array(raw) : swapped(raw, array.BYTES_PER_ELEMENT);
  return new array(copy.buffer);
}
