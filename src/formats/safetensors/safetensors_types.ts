/**
 * Element types and tensors of the safetensors format.
 * Source: safetensors README, "Format", and the type list of its Rust implementation.
 * Limits: no 4-bit, 6-bit or complex types.
 */

/** Arrays that hold tensor data. */
export type TensorData =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** Name of an element type. */
export type DType =
  | "BOOL"
  | "U8"
  | "I8"
  | "F8_E5M2"
  | "F8_E4M3"
  | "I16"
  | "U16"
  | "F16"
  | "BF16"
  | "I32"
  | "U32"
  | "F32"
  | "F64"
  | "I64"
  | "U64";

/** The constructor of one array type. */
export interface TensorArray {
  /** Views a buffer, or elements of it. */
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TensorData;
  /** Bytes of one element. */
  readonly BYTES_PER_ELEMENT: number;
}

/**
 * Element types in the order of the reference implementation, by increasing alignment. Types for which JavaScript has
 * no array (F16, BF16, F8_*) are stored as their bits.
 */
export const ARRAYS: Readonly<Record<DType, TensorArray>> = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  F8_E5M2: Uint8Array,
  F8_E4M3: Uint8Array,
  I16: Int16Array,
  U16: Uint16Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  F32: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
};

/** Names of the element types in that order. */
export const DTYPES: readonly string[] = Object.keys(ARRAYS);

/** A named array of numbers. */
export interface Tensor {
  /** Element type. */
  readonly dtype: DType;
  /** Sizes, outermost first; none for a scalar. */
  readonly shape: readonly number[];
  /** Row-major values; as many as the product of the shape. */
  readonly data: TensorData;
}

/** Whether this host is little-endian, like the files. */
export const LITTLE_ENDIAN: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Whether this is the name of an element type. */
export function isDType(name: string): name is DType {
  return Object.hasOwn(ARRAYS, name);
}

/** Product of the sizes; NaN once it passes 2^53, even if a zero follows, like the reference's checked product. */
export function countElements(shape: readonly number[]): number {
  return shape.reduce(
    (product, size) => Number.isSafeInteger(product * size) ? product * size : NaN,
    1,
  );
}

/** A copy with the bytes of each element reversed. */
export function swapped(raw: Uint8Array, elementBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(raw);
  for (let at = 0; at < bytes.length; at += elementBytes) {
    bytes.subarray(at, at + elementBytes).reverse();
  }
  return bytes;
}
