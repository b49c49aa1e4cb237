/**
 * The safetensors format: bytes to tensors here, and back in safetensors_encode.ts.
 * Source: safetensors README, "Format", and the validation rules of its Rust implementation.
 * Limits: header of at most 1 MB (the reference allows 100 MB), 4096 tensors, the types of {@link DType}.
 * Values are not checked: NaN and infinities are allowed.
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
export { SafetensorsError } from "./safetensors_header.ts";
export type { DType, Tensor, TensorData } from "./safetensors_types.ts";

/** The contents of a file. */
export interface Safetensors {
  /** Tensors by name, in the order of the file. */
  readonly tensors: Map<string, Tensor>;
  /** Free text by name; has no inherited keys. */
  readonly metadata: Record<string, string>;
}

/**
 * Reads a file; throws {@link SafetensorsError} unless every rule of the format holds.
 * @param inPlace use the given memory if its alignment allows; otherwise the data is copied
 */
export function decode(bytes: Uint8Array, inPlace = false): Safetensors {
  const start = 8 + readHeaderLength(bytes), body = bytes.subarray(start);
  const { entries, metadata } = parseHeader(readHeaderText(bytes.subarray(8, start)));
  // In order of the data, like the reference implementation: the header may be in any order.
  const ordered = [...entries].sort(([, { offsets: left }], [, { offsets: right }]) =>
    left[0] - right[0] || left[1] - right[1]
  );
  const end = ordered.reduce((next, [name, entry]) => checkPlace(name, entry, next), 0);
  if (end !== body.length) {
    throw new SafetensorsError(
      `data must be ${end} bytes long, all of it in tensors, got ${body.length}`,
    );
  }
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, offsets }] of ordered) {
    const data = dataOf(body.subarray(...offsets), dtype as DType, inPlace);
    tensors.set(name, { dtype: dtype as DType, shape, data });
  }
  return { tensors, metadata };
}

function readHeaderLength(bytes: Uint8Array): number {
  if (bytes.length < 8) {
    throw new SafetensorsError(
      `file must be at least 8 bytes long, got ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new SafetensorsError(
      `header must be at most ${MAX_HEADER_BYTES} bytes long, got ${length}`,
    );
  }
  if (Number(length) > bytes.length - 8) {
    throw new SafetensorsError(
      `header must lie inside the file, got ${length} of ${bytes.length - 8} bytes`,
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

/** Checks that a tensor starts at byte `next`, without gap or overlap; returns where it ends. */
function checkPlace(name: string, { dtype, shape, offsets }: HeaderEntry, next: number): number {
  const [start, end] = offsets, quoted = JSON.stringify(name);
  if (!isDType(dtype)) {
    throw new SafetensorsError(
      `tensor ${quoted} must have a dtype among ${DTYPES.join(", ")}` +
        `, got ${JSON.stringify(dtype)}`,
    );
  }
  if (start !== next || end < start) {
    throw new SafetensorsError(
      `tensor ${quoted} must start at byte ${next} and not end before it` +
        `, got [${start}, ${end}]`,
    );
  }
  const sizeBytes = countElements(shape) * ARRAYS[dtype].BYTES_PER_ELEMENT;
  if (!Number.isSafeInteger(sizeBytes)) {
    throw new SafetensorsError(
      `tensor ${quoted} must have a shape whose size is below 2^53 bytes`,
    );
  }
  if (sizeBytes === end - start) return end;
  throw new SafetensorsError(
    `tensor ${quoted} must span ${sizeBytes} bytes for ${dtype} [${shape.join(", ")}]` +
      `, got ${end - start}`,
  );
}

/** In place, or in a new buffer, where every type is aligned. (`slice` of a Node Buffer would not copy.) */
function dataOf(raw: Uint8Array, dtype: DType, inPlace: boolean): TensorData {
  const array = ARRAYS[dtype], { BYTES_PER_ELEMENT: bytes } = array;
  if (inPlace && LITTLE_ENDIAN && raw.byteOffset % bytes === 0) {
    return new array(raw.buffer, raw.byteOffset, raw.length / bytes);
  }
  const copy = LITTLE_ENDIAN ? new Uint8Array(raw) : swapped(raw, bytes);
  return new array(copy.buffer);
}
