/**
 * Writes safetensors files, byte for byte like the reference implementation: tensors by descending element type, then
 * by name in UTF-8 order; header padded with spaces to 8 bytes.
 * Source: safetensors README, "Format", and `prepare` of its Rust implementation, which does not fix the order of
 * metadata; here it is the UTF-8 order of the keys. Limits: those of safetensors.ts.
 */
import { MAX_HEADER_BYTES, MAX_TENSORS } from "./safetensors_header.ts";
import {
  ARRAYS,
  countElements,
  DTYPES,
  isDType,
  LITTLE_ENDIAN,
  swapped,
  type Tensor,
  type TensorData,
} from "./safetensors_types.ts";

/** Writes a file; equal input gives equal bytes, whatever the order of the map and the metadata. */
export function encode(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  if (tensors.size > MAX_TENSORS) {
    throw new RangeError(
      `Cannot write safetensors: tensors must be at most ${MAX_TENSORS}, got ${tensors.size}`,
    );
  }
  for (const [name, tensor] of tensors) checkTensor(name, tensor);
  const ordered = [...tensors].sort(([leftName, left], [rightName, right]) =>
    DTYPES.indexOf(right.dtype) - DTYPES.indexOf(left.dtype) || compareUtf8(leftName, rightName)
  );
  const header = new TextEncoder().encode(headerText(ordered, metadata));
  const headerBytes = Math.ceil(header.length / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw new RangeError(
      `Cannot write safetensors: header must be at most ${MAX_HEADER_BYTES} bytes` +
        `, got ${headerBytes}`,
    );
  }
  let at = 8 + headerBytes;
  const length = ordered.reduce((sum, [, { data }]) => sum + data.byteLength, at);
  const bytes = new Uint8Array(length).fill(0x20, 0, at);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(header, 8);
  for (const [, { data }] of ordered) {
    bytes.set(rawBytes(data), at);
    at += data.byteLength;
  }
  return bytes;
}

/** The bytes in little-endian order. */
function rawBytes(data: TensorData): Uint8Array {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return LITTLE_ENDIAN ? raw : swapped(raw, data.BYTES_PER_ELEMENT);
}

function checkTensor(name: string, { dtype, shape, data }: Tensor): void {
  const quoted = JSON.stringify(name);
  if (name === "__metadata__" || !name.isWellFormed()) {
    throw new TypeError(
      `Cannot write safetensors: tensor name must be well-formed and not "__metadata__"` +
        `, got ${quoted}`,
    );
  }
  if (!isDType(dtype) || !(data instanceof ARRAYS[dtype])) {
    throw new TypeError(
      `Cannot write safetensors: tensor ${quoted} must hold its data in the array type of its ` +
        `dtype, got ${dtype} in ${data.constructor.name}`,
    );
  }
  const whole = shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!whole || countElements(shape) !== data.length) {
    throw new RangeError(
      `Cannot write safetensors: tensor ${quoted} must hold as many values as its shape ` +
        `[${shape.join(", ")}], got ${data.length}`,
    );
  }
}

function headerText(
  ordered: readonly (readonly [string, Tensor])[],
  metadata: Readonly<Record<string, string>>,
): string {
  const parts: string[] = [];
  const keys = Object.keys(metadata).sort(compareUtf8);
  const pairs = keys.map((key) => {
    const value = metadata[key];
    if (typeof value !== "string" || !value.isWellFormed() || !key.isWellFormed()) {
      throw new TypeError(
        `Cannot write safetensors: metadata ${JSON.stringify(key)} must be a well-formed string` +
          `, got ${JSON.stringify(value)}`,
      );
    }
    return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
  });
  if (pairs.length > 0) parts.push(`"__metadata__":{${pairs.join(",")}}`);
  let start = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    const end = start + data.byteLength;
    const sizes = shape.join(",");
    parts.push(
      `${
        JSON.stringify(name)
      }:{"dtype":"${dtype}","shape":[${sizes}],"data_offsets":[${start},${end}]}`,
    );
    start = end;
  }
  return `{${parts.join(",")}}`;
}

/** Compares UTF-8 bytes, which is code-point order; JavaScript's own string order differs above U+FFFF. */
function compareUtf8(left: string, right: string): number {
  const a = new TextEncoder().encode(left);
  const b = new TextEncoder().encode(right);
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
